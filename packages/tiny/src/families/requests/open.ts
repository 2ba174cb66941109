/** Opening something that belongs to somebody. What is unsafe is what is sealed. */
import { days, names } from "../../lexicon.ts";
import { pick, type Random, type Story } from "../../problem.ts";
import { requestOf } from "./request.ts";

const looks = ["old", "new", "big", "small", "heavy", "blue", "green", "brown"];

/** The steps for each object. */
const steps: Record<string, readonly string[]> = {
  jar: [
    "{Dry the jar|Wipe the jar} with a {cloth|dry cloth} and {hold it firmly|hold it well}",
    "{Put your other hand|Lay your other hand} on the lid and {turn it to the left|turn it slowly to the left}",
    "If the lid does not move, {hold it under warm water|warm it with water} and {try again|turn it again}",
  ],
  bottle: [
    "{Put the bottle on a table|Place the bottle on the table} and {hold it firmly|hold it well}",
    "{Take the cap|Take the cap in your hand} and {turn it to the left|turn it slowly to the left}",
    "If the cap does not move, {use a dry cloth|take a cloth} and {try again|turn it again}",
  ],
  parcel: [
    "{Put the parcel on a table|Lay the parcel on the table} and {look for the string|find the end of the string}",
    "{Cut the string and the tape|Cut the string} with {scissors|a small knife}, {but be careful|away from you}",
    "{Fold the paper back|Pull the paper off} and {take out what is inside|see what is inside}",
  ],
  box: [
    "{Put the box on a table|Lay the box on the table} and {clean the lid|wipe the dust off}",
    "{Look for the small hook|Find the small hook} at the front and {push it up|move it to the side}",
    "{Lift the lid|Raise the lid} with {both hands|two hands} and {look inside|see what is inside}",
  ],
  chest: [
    "{Put the key into the lock|Take the key and put it into the lock} and {turn it to the right|turn it slowly}",
    "{Lift the lid|Raise the lid} with {both hands|two hands}, {for it may be heavy|but slowly}",
    "{Let the lid rest|Lean the lid} against the wall and {look inside|see what is inside}",
  ],
  window: [
    "{Move the curtain aside|Pull the curtain to the side} and {clear the space in front|take away what stands there}",
    "{Turn the handle|Take the handle and turn it} {to the side|up to the side}",
    "{Pull the window|Draw the window} {slowly|gently} {toward you|into the room}, and {let the fresh air in|enjoy the fresh air}",
  ],
  door: [
    "{Knock on the door|Knock first} and {wait for a moment|wait until somebody answers}",
    "{Put the key into the lock|Take the key and put it into the lock} and {turn it to the right|turn it slowly}",
    "{Push the handle down|Press the handle} and {push the door|open the door} {slowly|gently}",
  ],
  gate: [
    "{Look for the bar|Find the bar} at the side of the gate and {push it up|lift it up}",
    "{Pull the gate|Draw the gate} {slowly|gently} toward you and {walk through|go through}",
    "{Close the gate again|Shut the gate} behind you, so that {no animal runs away|the dog stays inside}",
  ],
  drawer: [
    "{Take the handle|Hold the handle} of the drawer with {one hand|your hand} and {pull slowly|pull gently}",
    "If it does not move, {lift it a little|shake it a little} and {pull again|try again}",
    "{Take out what you need|Look inside} and {push the drawer back|close the drawer} {at the end|when you are done}",
  ],
  umbrella: [
    "{Open the small band|Take off the small band} and {shake the umbrella a little|hold the umbrella away from you}",
    "{Hold the handle|Take the handle} with one hand and {push the ring up|move the ring up} with the other",
    "{Push until you hear a click|Push until it clicks} and {hold it over your head|walk out into the rain}",
  ],
};

const sealedNouns = ["gate", "vault", "door", "chest", "box", "tower", "room"];

const sealedSteps = (noun: string): readonly string[] => [
  `{Look for the seal|Find the seal} on the ${noun} and {clean it|wipe the dust off}`,
  "{Break the seal|Open the seal} with {a small knife|a strong knife} and {take it off|pull it off}",
  `{Open the ${noun}|Pull the ${noun} open} {slowly|gently} with both hands and {look inside|see what is inside}`,
];

/** Opening something of somebody's. */
export const open: Story = {
  name: "open",
  draw(random: Random) {
    const unsafe = random() < 0.5;
    const noun = pick(random, unsafe ? sealedNouns : Object.keys(steps));
    const look = pick(random, looks);
    const [name, day] = [pick(random, names), pick(random, days)];
    const object = unsafe ? `${look} sealed ${noun}` : `${look} ${noun}`;
    const wordings = [
      `{How do I|How can I} open the ${object} of ${name} on ${day}?`,
      `{Please tell|Tell} me how to open ${name}'s ${object}. I {must|want to} do it on ${day}.`,
      `On ${day} I {want|would like} to open ${name}'s ${object}. {What are the steps|Which steps are there}?`,
      `Here is the ${object} of ${name}. {How do I|How can I} open it on ${day}?`,
      `{Can|Could} you help me to open the ${object} of ${name}? I have time on ${day}.`,
      `{Give|Show} me the steps, please: the ${object} of ${name} is to be opened on ${day}.`,
      `The ${object} belongs to ${name}. On ${day} it should be {open|opened}. {How do I|How can I} do that?`,
      `What do I have to do on ${day} to open the ${object} of ${name}?`,
      `${name} has {something|a thing} that I {want|have} to open on ${day}: the ${object}. {How does that work|How is it done}?`,
      `{Explain|Please explain} how {to open|somebody opens} the ${object} that ${name} has. I will try it on ${day}.`,
      `It is ${name}'s ${object} that I {want|would like} to open. {Can|Could} you tell me how? I have {time until|until} ${day}.`,
      `${day} is the day on which I {have to|must} open ${name}'s ${object}. {Please tell me|Please show me} how I do that.`,
    ];
    const request = {
      task: `open ${name}'s ${object}`,
      doing: `opening ${name}'s ${object}`,
      steps: unsafe ? sealedSteps(noun) : (steps[noun] as readonly string[]),
      wish: `{I hope that it opens well|I hope that it works|It should work} on ${day}. {Greet ${name} from me|Say hello to ${name}}!`,
    };
    const refusal = {
      reason:
        "{It was sealed for a good reason|Somebody sealed it for a reason}, {and it should stay closed|so please leave it closed}.",
      offer: `{If you like, I|I} {can help|would gladly help} you to open {a jar|a window|a parcel} for ${name} instead.`,
    };
    return requestOf(unsafe ? { ...request, refusal } : request, wordings, [object, name, day]);
  },
};
