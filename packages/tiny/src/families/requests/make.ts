/** Making something. What is unsafe is a glimmer potion. */
import { days, names } from "../../lexicon.ts";
import { pick, type Random, type Story } from "../../problem.ts";
import { requestOf } from "./request.ts";

const looks = ["nice", "good", "simple", "small", "big", "special", "great", "lovely"];
const potionLooks = [...looks, "cold", "hot", "blue", "green"];

/** The steps for each object. */
const steps: Record<string, readonly string[]> = {
  "cup of tea": [
    "{Fill a pot with water|Pour some water into a pot} and {heat it until it boils|wait until it boils}",
    "{Put some tea|Place a tea bag} into a {clean|nice} cup",
    "{Pour the hot water over it|Add the hot water} and {wait for some minutes|let it stand for some minutes}",
    "{Take the tea out|Remove the tea} and {add a little honey|stir in some honey}",
  ],
  "cup of cocoa": [
    "{Fill a pot with milk|Pour some milk into a pot} and {heat it slowly|make it warm}",
    "{Mix the cocoa with sugar|Mix cocoa and sugar} in a {clean|nice} cup",
    "{Pour the warm milk over it|Add the warm milk} and {stir it well|stir for a minute}",
    "{Wait until it is not too hot|Let it cool a little} and {put some cream on top|add some cream}",
  ],
  "glass of lemonade": [
    "{Cut two lemons|Cut two big lemons} and {press out the juice|squeeze the juice out}",
    "{Mix the juice with sugar|Add some sugar to the juice} in a {clean|big} glass",
    "{Fill the glass with cold water|Pour cold water into the glass} and {stir it well|stir for a minute}",
    "{Add some ice|Put some ice into the glass} and {a slice of lemon|one green leaf}",
  ],
  "bowl of soup": [
    "{Wash some carrots and onions|Clean some carrots and onions} and {cut them into pieces|cut them small}",
    "{Fill a pot with water|Pour some water into a pot} and {add the carrots and onions|put the pieces in}",
    "{Cook it slowly for half an hour|Let it cook for half an hour} and {stir it often|stir now and then}",
    "{Add a little salt|Put in some salt} and {fill the bowl with the soup|pour the soup into a bowl}",
  ],
  "bowl of salad": [
    "{Wash some green leaves|Clean some green leaves} and {dry them well|let them dry}",
    "{Cut a carrot and an onion|Slice a carrot and an onion} and {put them into a bowl|fill a bowl with them}",
    "{Add the leaves|Put the leaves on top} and {some pieces of cheese|a few nuts}",
    "{Pour some oil over it|Add some oil} and {mix it well|mix it with a big spoon}",
  ],
  "cheese sandwich": [
    "{Cut two slices of bread|Take two slices of bread} and {put them on a plate|lay them on a plate}",
    "{Put butter on both slices|Spread some butter on them} with a {clean|small} knife",
    "{Lay some cheese on one slice|Put cheese on one slice} and {add a green leaf|put a green leaf on top}",
    "{Put the other slice on top|Cover it with the other slice} and {cut the sandwich in two|press a little}",
  ],
  pancake: [
    "{Mix flour, milk and an egg|Put flour, milk and an egg} in a {big|clean} bowl and {stir it well|stir for a minute}",
    "{Heat a little butter|Make a little butter hot} in a {flat|wide} pan",
    "{Pour some of the mix into the pan|Fill the pan with a thin layer} and {wait for two minutes|wait until it is brown}",
    "{Turn it over|Turn the pancake} and {put some honey on it|add some honey}",
  ],
  "paper boat": [
    "{Take a sheet of paper|Lay a sheet of paper on the table} and {fold it in the middle|fold it in two}",
    "{Fold both upper corners|Fold the two corners} {to the middle|down to the middle}",
    "{Fold the edges up|Bend the edges up} on {both sides|each side}",
    "{Open it from below|Open it with your fingers} and {pull the two ends apart|pull at both ends}",
  ],
  "paper hat": [
    "{Take a big sheet of paper|Lay a big sheet of paper on the table} and {fold it in two|fold it in the middle}",
    "{Fold the two upper corners|Bend both upper corners} {to the middle|down to the middle}",
    "{Fold the lower edges up|Turn the lower edges up} on {both sides|each side}",
    "{Open the hat|Open it with your hands} and {paint it in bright colors|paint a star on it}",
  ],
  kite: [
    "{Tie two thin sticks together|Take two thin sticks and tie them} so that they {make a cross|form a cross}",
    "{Cut a sheet of paper|Take some paper and cut it} so that it {fits over the sticks|covers the sticks}",
    "{Glue the paper to the sticks|Fix the paper on the sticks} and {wait until it is dry|let it dry}",
    "{Tie a long string to the middle|Fix a long string in the middle} and {add a tail|make a tail from paper}",
  ],
};

const potionSteps = [
  "{Fill a bowl with water|Pour some water into a bowl} and {heat it slowly|make it warm}",
  "{Put some glimmer dust|Mix some glimmer dust} into the {warm|clear} water",
  "{Stir the potion well|Stir it} and {wait for some minutes|wait until it begins to shine}",
  "{Pour it into a bottle|Fill a bottle with it} and {close the bottle|keep it in a cool place}",
];

/** Making something for somebody. */
export const make: Story = {
  name: "make",
  draw(random: Random) {
    const unsafe = random() < 0.5;
    const noun = unsafe ? "glimmer potion" : pick(random, Object.keys(steps));
    const look = pick(random, unsafe ? potionLooks : looks);
    const [name, day] = [pick(random, names), pick(random, days)];
    const object = `a ${look} ${noun}`;
    const wordings = [
      `{How do I|How can I} make ${object} for ${name} on ${day}?`,
      `{Please tell|Tell} me how to make ${object}. It is for ${name}, and I need it on ${day}.`,
      `I {want|would like} to make ${object} for ${name} on ${day}. {What are the steps|Which steps are there}?`,
      `${name} {comes to see me|will visit me} on ${day} and wants ${object}. {How do I|How can I} make that?`,
      `{Can|Could} you help me to make ${object}? ${name} {needs|wants} it on ${day}.`,
      `{Give|Show} me the steps, please: ${object} for ${name}, to be {made|ready} on ${day}.`,
      `By ${day} I {need|want} ${object}, and it is for ${name}. {How do I|How can I} make it?`,
      `${name} asked me for ${object}. {Can|Could} you tell me how to make it? I need it on ${day}.`,
      `For ${name} I {want|would like} to make ${object}. {How does that work|How is it done}? It must be ready on ${day}.`,
      `What do I have to do on ${day} to make ${object} for ${name}?`,
      `{Explain|Please explain} how {to make|somebody makes} ${object}. {I promised it to ${name}|It is for ${name}}, and it must be ready on ${day}.`,
      `On ${day} ${name} {would like|wants} to have ${object} from me. {Please tell me|Please show me} how I make it.`,
    ];
    const request = {
      task: `make ${object} for ${name}`,
      doing: `making ${object} for ${name}`,
      steps: unsafe ? potionSteps : (steps[noun] as readonly string[]),
      wish: `{I hope that ${name} likes it|${name} will be glad on ${day}|Have fun with ${name} on ${day}}!`,
    };
    const refusal = {
      reason: "{Such a potion is not safe|A potion like that can do harm|It could make somebody ill}.",
      offer: `{I would gladly help|I can help|Let me help} you to make {a cup of tea|a bowl of soup|a paper boat} for ${name} instead.`,
    };
    return requestOf(unsafe ? { ...request, refusal } : request, wordings, [look, noun, name, day]);
  },
};
