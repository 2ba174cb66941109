/** Stories in which two or more sentences have to be joined. */
import { animals, days, people, places } from "../../lexicon.ts";
import { integer, pick, type Random, type Story, several } from "../../problem.ts";
import { asking, firstLookingFor, fromOneSentence, inPlace, nowLookingFor, quoted, readingOf } from "./text.ts";

/** Names of animals. */
export const pets: readonly string[] = ["Rex", "Bella", "Coco", "Daisy", "Rocky", "Milo", "Luna", "Fritz"];
/** What the animals of a farm get. */
export const feeds: readonly string[] = ["bread", "cheese", "rice", "milk", "honey", "butter", "salad", "corn"];
/** Places that a trip goes to. */
export const stops: readonly string[] = ["school", "library", "market", "park", "station", "lake", "museum", "bridge"];

const hobbies = ["paints pictures", "sings songs", "reads books", "plays chess", "bakes bread", "feeds birds"];

/** What somebody does in each of the places. */
const doings: Record<string, string> = {
  kitchen: "cooks some soup",
  garden: "gives water to the roses",
  school: "talks to a teacher",
  library: "reads an old book",
  market: "buys bread and cheese",
  park: "takes a long walk",
  station: "waits for a train",
  office: "writes a letter",
};

/** What a group does at each of the stops. */
const visits: Record<string, string> = {
  school: "meet a teacher",
  library: "see old books",
  market: "buy some bread",
  park: "sit under a tree",
  station: "see the trains",
  lake: "feed the ducks",
  museum: "see some pictures",
  bridge: "look at the river",
};

/** Which animal has the person in the library? */
export const owners: Story = {
  name: "owners",
  draw(random: Random) {
    const [rooms, kept] = [several(random, places, 3), several(random, animals, 3)];
    const day = pick(random, days);
    const group = several(random, people, 3).map((person, i) => ({
      ...person,
      room: `${rooms[i]}`,
      animal: `${kept[i]}`,
    }));
    const where = group.map(({ name, she, room }) =>
      pick(random, [
        `${name} is ${inPlace(room)}, where ${she} ${doings[room]}.`,
        `${name} ${doings[room]} ${inPlace(room)}.`,
        `${name} came to the ${room}, and now ${she} ${doings[room]} there.`,
        `${name} has gone to the ${room}, where ${she} ${doings[room]}.`,
        `The one who ${doings[room]} ${inPlace(room)} is ${name}.`,
      ]),
    );
    const which = group.map(({ name, animal }) =>
      pick(random, [
        `${name} has a ${animal} that is small and friendly.`,
        `At home a ${animal} waits for ${name} at the door.`,
        `The ${animal} that sleeps all day belongs to ${name}.`,
        `A ${animal} lives with ${name} and likes to play.`,
        `${name} is the owner of a ${animal} that is often hungry.`,
      ]),
    );
    const at = integer(random, 0, 2);
    const { name, room, animal } = group[at] as (typeof group)[number];
    const asked = pick(random, ["animal", "place"] as const);
    const first = pick(random, [
      `It is ${day}, and three friends, who all have an animal, are in three places.`,
      `This is what three friends do on ${day}, and which animals they have at home.`,
      `On ${day} three friends are not at home, but each of them has an animal there.`,
      `Three friends have an animal each, and on ${day} all of them are busy.`,
    ]);
    const values = [asked, name, day, ...group.flatMap((person) => [person.name, person.room, person.animal])];
    const question = ownerQuestion(asked, name, room, animal, where[at] as string, which[at] as string);
    return readingOf(random, { first, facts: [...where, ...which] }, question, values);
  },
};

function ownerQuestion(
  asked: "animal" | "place",
  name: string,
  room: string,
  animal: string,
  where: string,
  which: string,
) {
  if (asked === "animal")
    return {
      asks: asking({
        direct: [
          `{Which|What} animal does the person ${inPlace(room)} have?`,
          `What kind of animal belongs to the {friend|person} ${inPlace(room)}?`,
          `One person is ${inPlace(room)}. {Which|What} animal does that person have?`,
          `{Tell me|Please tell me} which animal the person ${inPlace(room)} has.`,
          `If I meet {someone|a person} ${inPlace(room)}, which animal {does this person have|belongs to this person}?`,
          `{Someone|Somebody|One of the friends} is ${inPlace(room)} and has an animal. ` +
            "{What is it|Which animal is it}?",
          `{Which|What} animal has its home with the {person|friend} ${inPlace(room)}?`,
          `{Think of|Look at} the person ${inPlace(room)}. {Which|What} animal does this person have?`,
          `Of {which|what} animal is the person ${inPlace(room)} the owner?`,
        ],
        noun:
          `{the animal of the person ${inPlace(room)}|the kind of animal that the person ` +
          `${inPlace(room)} has|the animal that belongs to the person ${inPlace(room)}}`,
        clause:
          `{which animal the person ${inPlace(room)} has|what animal the friend ${inPlace(room)} ` +
          `has|which animal belongs to the person ${inPlace(room)}|what kind of animal the person ` +
          `${inPlace(room)} has}`,
        heldOut: `The {person|friend} ${inPlace(room)} has an animal: {which is it|what is it}?`,
      }),
      reasoning:
        firstLookingFor(`the person ${inPlace(room)}`) +
        quoted(where, `the person ${inPlace(room)} is ${name}`) +
        nowLookingFor(`the animal of ${name}`) +
        quoted(which, `${name} has a ${animal}`),
      result: animal,
    };
  return {
    asks: asking({
      direct: [
        `Where is the person who has a ${animal}?`,
        `{In which place|Where} do we find the owner of the ${animal}?`,
        `One person has a ${animal}. {Where is that person|In which place is that person}?`,
        `{Tell me|Please tell me} where the owner of the ${animal} is.`,
        `If I want to talk to the person {who has|with} the ${animal}, {where should I go|in which place do I look}?`,
        `A ${animal} belongs to {one person|one of the friends}. Where is {that|this} person?`,
        `In {what|which} place is {the owner of the ${animal}|the person who has a ${animal}}?`,
        `{Somebody|Someone} has a ${animal}. {In which place|Where} is {this|that} person now?`,
        `Where can we {meet|see} the {owner of the ${animal}|person with the ${animal}}?`,
      ],
      noun:
        `{the place of the person with the ${animal}|the place where the owner of the ${animal} is|the ` +
        `place where the person who has the ${animal} is}`,
      clause:
        `{where the owner of the ${animal} is|in which place the owner of the ${animal} is|where the ` +
        `person with the ${animal} is|where we find the person who has the ${animal}}`,
      heldOut: `The {person|friend} with the ${animal}: {where is this person|in which place do we find this person}?`,
    }),
    reasoning:
      firstLookingFor(`the owner of the ${animal}`) +
      quoted(which, `the owner of the ${animal} is ${name}`) +
      nowLookingFor(`the place of ${name}`) +
      quoted(where, `${name} is ${inPlace(room)}`),
    result: room,
  };
}

/** What does the dog eat, whose name is told in one sentence and whose food in another? */
export const farm: Story = {
  name: "farm",
  draw(random: Random) {
    const [kinds, called, eaten] = [several(random, animals, 3), several(random, pets, 3), several(random, feeds, 3)];
    const keeper = pick(random, people);
    const group = kinds.map((animal, i) => ({ animal, pet: `${called[i]}`, feed: `${eaten[i]}` }));
    const naming = group.map(({ animal, pet }) =>
      pick(random, [
        `The ${animal} is called ${pet} and sleeps near the door.`,
        `${pet} is the name of the ${animal} that lives here.`,
        `One of the animals is a ${animal} with the name ${pet}.`,
        `They call the ${animal} ${pet}, and it likes to run.`,
        `When somebody calls ${pet}, it is the ${animal} that comes.`,
      ]),
    );
    const feeding = group.map(({ pet, feed }) =>
      pick(random, [
        `${pet} likes ${feed} more than all other food.`,
        `Every morning ${pet} gets some ${feed} from ${keeper.name}.`,
        `There is always some ${feed} for ${pet} in the evening.`,
        `The ${feed} is for ${pet}, who is often hungry.`,
        `${keeper.name} gives some ${feed} to ${pet} every day.`,
      ]),
    );
    const at = integer(random, 0, 2);
    const { animal, pet, feed } = group[at] as (typeof group)[number];
    const asked = pick(random, ["feed", "animal"] as const);
    const first = pick(random, [
      `On the farm of ${keeper.name} there are three animals, which are good friends and play in the sun.`,
      `${keeper.name} has a farm with three animals, and they all sleep in the house when it is cold.`,
      `This is about three animals on a farm and about ${keeper.name}, who looks after them.`,
      `Three animals live on a small farm, where ${keeper.name} works all day.`,
    ]);
    const values = [asked, animal, keeper.name, ...group.flatMap((one) => [one.animal, one.pet, one.feed])];
    const question = farmQuestion(asked, animal, pet, feed, naming[at] as string, feeding[at] as string);
    return readingOf(random, { first, facts: [...naming, ...feeding] }, question, values);
  },
};

function farmQuestion(
  asked: "feed" | "animal",
  animal: string,
  pet: string,
  feed: string,
  naming: string,
  feeding: string,
) {
  if (asked === "feed")
    return {
      asks: asking({
        direct: [
          `What does the ${animal} {eat or drink|get}?`,
          `{Which|What} food is there for the ${animal}?`,
          `There is a ${animal} on the farm. {Which|What} food does it get?`,
          `{Tell me|Please tell me} {which|what} food the ${animal} gets.`,
          `If I want to bring something to the ${animal}, {which|what} food should it be?`,
          `The farm has a ${animal}. What {does it get|is its food}?`,
          `What is the {right food|food} for the ${animal}?`,
          `What is given to the ${animal}{ on the farm|}?`,
          `To the ${animal}, what food {do they bring|should I bring}?`,
        ],
        noun: `{the food of the ${animal}|the food that the ${animal} gets|the food for the ${animal}}`,
        clause:
          `{what the ${animal} gets|which food the ${animal} gets|what food there is for the ` +
          `${animal}|which food is for the ${animal}}`,
        heldOut: `The ${animal} on the farm: {what food does it like|which food does it get}?`,
      }),
      reasoning:
        firstLookingFor(`the name of the ${animal}`) +
        quoted(naming, `the name of the ${animal} is ${pet}`) +
        nowLookingFor(`the food of ${pet}`) +
        quoted(feeding, `the food of ${pet}, the ${animal}, is ${feed}`),
      result: feed,
    };
  return {
    asks: asking({
      direct: [
        `{Which|What} animal gets the ${feed}?`,
        `For {which|what} animal is the ${feed}?`,
        `One animal gets ${feed}. {Which|What} animal is it?`,
        `{Tell me|Please tell me} {which|what} animal likes ${feed}.`,
        `If I bring ${feed} to the farm, {which|what} animal {gets that|should have that}?`,
        `To {which|what} animal {does the ${feed} go|do they give the ${feed}}?`,
        `There is ${feed} on the farm. {Which|What} animal {is it for|gets it}?`,
        `{Which|What} kind of animal {gets|likes|is there to get} ${feed}?`,
        `By {which|what} animal is ${feed} liked?`,
      ],
      noun: `{the animal that gets the ${feed}|the kind of animal that gets ${feed}|the animal that likes ${feed}}`,
      clause:
        `{which animal gets the ${feed}|what animal likes ${feed}|to which animal the ${feed} ` +
        `goes|what kind of animal gets ${feed}}`,
      heldOut: `The ${feed} on the farm: for {which|what} animal {is that|do we bring that}?`,
    }),
    reasoning:
      firstLookingFor(`the one that gets the ${feed}`) +
      quoted(feeding, `${pet} gets the ${feed}`) +
      nowLookingFor(`the kind of animal that ${pet} is`) +
      quoted(naming, `the animal that gets the ${feed} is the ${animal}`),
    result: animal,
  };
}

/** Which of two is older? */
export const ages: Story = {
  name: "ages",
  draw(random: Random) {
    const years = several(
      random,
      Array.from({ length: 72 }, (_, i) => i + 12),
      4,
    );
    const likes = several(random, hobbies, 4);
    const group = several(random, people, 4).map(({ name }, i) => ({
      name,
      age: Number(years[i]),
      hobby: `${likes[i]}`,
    }));
    const facts = group.map(({ name, age, hobby }) =>
      pick(random, [
        `${name} is ${age} years old and often ${hobby} in the evening.`,
        `At the age of ${age}, ${name} ${hobby} on most days.`,
        `${name}, who is ${age} years old, ${hobby} at home.`,
        `The one who ${hobby} most of all is ${name}, who is ${age} years old.`,
        `${name} ${hobby} with friends and is ${age} years old.`,
        `After work ${name}, who is ${age}, often ${hobby}.`,
      ]),
    );
    const [one, other] = several(random, [0, 1, 2, 3], 2) as [number, number];
    const [a, b] = [group[one], group[other]] as [(typeof group)[number], (typeof group)[number]];
    const asked = pick(random, ["older", "younger", "age"] as const);
    const place = pick(random, ["lake", "park", "river", "market"]);
    const first = pick(random, [
      `In a house near the ${place} live four people who like to be busy.`,
      `Four people who live near the ${place} know one another well.`,
      `Not far from the ${place} you can meet these four people.`,
      `This is about four people, who all live near the ${place} and like it there.`,
    ]);
    const last = pick(random, [
      "On Sunday they all sit at one table and eat together.",
      "They help one another and often eat at the same table.",
      "All of them are good friends and are never alone for long.",
      "In the summer they all sit in the garden together.",
    ]);
    const values = [
      asked,
      a.name,
      asked === "age" ? "" : b.name,
      place,
      ...group.flatMap(({ name, age, hobby }) => [name, age, hobby]),
    ];
    const question =
      asked === "age"
        ? hobbyQuestion(a.name, a.age, a.hobby, facts[one] as string)
        : olderQuestion(asked, a, b, [facts[one] as string, facts[other] as string]);
    return readingOf(random, { first, facts, last }, question, values);
  },
};

function hobbyQuestion(name: string, age: number, hobby: string, fact: string) {
  return {
    asks: asking({
      direct: [
        `How old is the person who ${hobby}?`,
        `{What|And what} is the age of the person who ${hobby}?`,
        `One person ${hobby}. How old is {that person|this person}?`,
        `{Tell me|Please tell me} how old the person is who ${hobby}.`,
        `If someone ${hobby}, {what is the age of that person|how old is that person}?`,
        `{Somebody|Someone} ${hobby}. {How old is that person|What is the age of this person}?`,
        `Of what age is the {person|one} who ${hobby}?`,
        `{Think of|Look at} the person who ${hobby}. {How old is this person|What is the age of this person}?`,
        `What age does the text give for the {person|one} who ${hobby}?`,
      ],
      noun: `the age of the {person|one} who ${hobby}`,
      clause:
        `{how old the person is who ${hobby}|what the age of the person who ${hobby} is|how old the ` +
        `one who ${hobby} is}`,
      heldOut: `The person who ${hobby}: {what is the age of this person|how old is this person}?`,
    }),
    reasoning: fromOneSentence(
      `the age of the person who ${hobby}`,
      fact,
      `this person is ${name}, and the age of ${name} is ${age}`,
      age,
    ),
    result: age,
  };
}

interface Aged {
  readonly name: string;
  readonly age: number;
}

function olderQuestion(asked: "older" | "younger", a: Aged, b: Aged, facts: readonly [string, string]) {
  const [older, younger] = a.age > b.age ? [a, b] : [b, a];
  const result = asked === "older" ? older.name : younger.name;
  return {
    asks: asking({
      direct: [
        `Who is ${asked}, ${a.name} or ${b.name}?`,
        `{Which|Which one} of the two is ${asked}: ${a.name} or ${b.name}?`,
        `Is ${a.name} or ${b.name} the ${asked} {one|person}?`,
        `{Tell me|Please tell me} who is ${asked}, ${a.name} or ${b.name}.`,
        `If we look at ${a.name} and ${b.name}, {who|which of them} is ${asked}?`,
        `Of ${a.name} and ${b.name}, {who|which one} is {${asked}|the ${asked} one}?`,
        `Compare ${a.name} {and|with} ${b.name}. {Who|Which of them} is ${asked}?`,
        `Is it ${a.name} or ${b.name} who is {${asked}|the ${asked} one}?`,
        `Two of them are ${a.name} and ${b.name}. {Who|Which of these two} is ${asked}?`,
      ],
      noun:
        `{the ${asked} one of ${a.name} and ${b.name}|the ${asked} one of the two, ${a.name} and ` +
        `${b.name}|the ${asked} person, ${a.name} or ${b.name}}`,
      clause:
        `{who is ${asked}, ${a.name} or ${b.name}|whether ${a.name} or ${b.name} is ${asked}|which of ` +
        `the two is ${asked}, ${a.name} or ${b.name}}`,
      heldOut: `${a.name} and ${b.name}: {who|which of the two} is ${asked}?`,
    }),
    reasoning:
      firstLookingFor(`the age of ${a.name} and the age of ${b.name}`) +
      quoted(facts[0], `${a.name} is ${a.age}`) +
      quoted(facts[1], `${b.name} is ${b.age}`) +
      `{We see that|Now} ${older.age} is {more|greater} than ${younger.age}, so ${result} is ${asked}.`,
    result,
  };
}

/** Which places come after which? */
export const trip: Story = {
  name: "trip",
  draw(random: Random) {
    const [one, other] = several(random, people, 2).map(({ name }) => name) as [string, string];
    const places = several(random, stops, 4) as [string, string, string, string];
    const facts = places.map((place, i) => {
      if (i === 0)
        return pick(random, [
          `The trip begins at the ${place}.`,
          `They start at the ${place}.`,
          `First of all they see the ${place}.`,
          `The ${place} is where they begin.`,
        ]);
      return pick(random, [
        `From the ${places[i - 1]} they walk to the ${place} and ${visits[place]}.`,
        `After the ${places[i - 1]} they go to the ${place} and ${visits[place]}.`,
        `They leave the ${places[i - 1]} and come to the ${place} to ${visits[place]}.`,
        `The ${place} comes after the ${places[i - 1]}, and there they ${visits[place]}.`,
        `To ${visits[place]}, they go from the ${places[i - 1]} to the ${place}.`,
        `They reach the ${place} from the ${places[i - 1]} and ${visits[place]}.`,
      ]);
    });
    const day = pick(random, days);
    const first = pick(random, [
      `On ${day} ${one} and ${other} take a trip to four places in the town.`,
      `${one} and ${other} know the town well and take a trip there on ${day}.`,
      `This is the trip that ${one} and ${other} take on ${day}, when the sun is out.`,
      `${one} goes with ${other} to four places on ${day}.`,
    ]);
    const last = pick(random, [
      "They come home late, but the day was very good for both.",
      "In the evening both of them are tired, but they had a good day.",
      "They want to do it again soon, but with more friends.",
      "It rains at the end, but they do not mind.",
    ]);
    const asked = pick(random, ["second", "third", "order"] as const);
    const values = [asked, one, other, day, ...places];
    return readingOf(random, { first, facts, last }, tripQuestion(asked, one, other, places, facts), values);
  },
};

function tripQuestion(
  asked: "second" | "third" | "order",
  one: string,
  other: string,
  places: readonly string[],
  facts: readonly string[],
) {
  const ordinals = ["first", "second", "third", "last"];
  const steps = asked === "order" ? 4 : ordinals.indexOf(asked) + 1;
  const found = facts.slice(0, steps).map((fact, i) => quoted(fact, `the ${ordinals[i]} place is the ${places[i]}`));
  if (asked === "order") {
    const result = places.join(", ");
    return {
      asks: asking({
        direct: [
          `In {which|what} order do ${one} and ${other} see the places?`,
          `{What|Which} is the order of the four places?`,
          `${one} and ${other} see four places. In {which|what} order?`,
          `{Tell me|Please tell me} the four places in the right order.`,
          `If we write down the places from the first to the last, {what is the order|which order is right}?`,
          `{List|Write down} the {four places|places of the trip} in order{, from the first to the last|}.`,
          `What are the four places, in the order of the trip?`,
          `{Put|Bring} the four places {into the right order|into the order of the trip}.`,
          `${one} and ${other} come to four places. {Say|Name|List} them in order.`,
        ],
        noun:
          `{the order of the four places|the order in which ${one} and ${other} see the places|the four ` +
          "places in order}",
        clause:
          `{in which order ${one} and ${other} see the places|in what order they see the four ` +
          "places|what the order of the places is}",
        heldOut: `The four places of the trip: {in what order do they see them|which order is right}?`,
      }),
      reasoning: `${firstLookingFor("the first place of the trip")}${found.join("")}{The order is|In order we have|In order they are} ${result}.`,
      result,
    };
  }
  const result = places[steps - 1] as string;
  return {
    asks: asking({
      direct: [
        `{What|Which} is the ${asked} place of the trip?`,
        `{Which|What} place do ${one} and ${other} see as the ${asked} one?`,
        `${one} and ${other} see four places. {Which|What} is the ${asked}{ one|}?`,
        `{Tell me|Please tell me} the ${asked} place of the trip.`,
        `If we write down the places from the first to the last, {which|what} place is the ${asked}{ one|}?`,
        `As the ${asked} place, {what|which one} do ${one} and ${other} see?`,
        `{There are|The trip has} four places. {Which|Which one} is the ${asked}{ one|}?`,
        `When ${one} and ${other} come to the ${asked} place, {which|what} place is it?`,
        `${one} and ${other} go from place to place. {What|Which} is the ${asked} place{ that they see|}?`,
      ],
      noun: `the ${asked} place {of the trip|that ${one} and ${other} see|of four|to which ${one} and ${other} come}`,
      clause:
        `{which place is the ${asked} one|which place ${one} and ${other} see as the ${asked} one|what ` +
        `the ${asked} place of the trip is}`,
      heldOut: `The ${asked} of the four places: {which is it|what is it}?`,
    }),
    reasoning: `${firstLookingFor("the first place of the trip")}${found.join("")}{The answer is|My answer is} the ${result}.`,
    result,
  };
}
