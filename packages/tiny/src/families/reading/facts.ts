/** Stories in which the right one of several parallel sentences gives the answer. */
import { colors, days, goods, people, places } from "../../lexicon.ts";
import { integer, pick, type Random, type Story, several } from "../../problem.ts";
import { firstLookingFor, fromOneSentence, inPlace, quoted, readingOf } from "./text.ts";

/** Who a present is from. */
export const givers: readonly string[] = [
  "aunt",
  "uncle",
  "sister",
  "brother",
  "mother",
  "father",
  "teacher",
  "friend",
];
/** What is learned in a lesson. */
export const lessons: readonly string[] = [
  "piano",
  "guitar",
  "chess",
  "swimming",
  "dancing",
  "cooking",
  "painting",
  "singing",
];
/** What guests bring to a party, in the plural. */
export const supplies: readonly string[] = [
  "cups",
  "plates",
  "spoons",
  "glasses",
  "candles",
  "cookies",
  "apples",
  "flowers",
];

const spots = ["on a bench", "on a chair", "under a table", "by the wall", "in a box", "in a basket"];

/** Which color is whose? */
export const gifts: Story = {
  name: "gifts",
  draw(random: Random) {
    const thing = pick(random, goods);
    const [place, day] = [pick(random, places), pick(random, days)];
    const [shades, from] = [several(random, colors, 4), several(random, givers, 4)];
    const owners = several(random, people, 4).map((person, i) => ({
      ...person,
      color: `${shades[i]}`,
      from: `${from[i]}`,
    }));
    const facts = owners.map(({ name, she, her, color, from }) =>
      pick(random, [
        `${name} has a ${color} ${thing}, which was a present from ${her} ${from}.`,
        `${name}'s ${thing} is ${color}, and ${she} got it from ${her} ${from}.`,
        `The ${color} ${thing} belongs to ${name}, who got it from ${her} ${from}.`,
      ]),
    );
    const at = integer(random, 0, 3);
    const owner = owners[at] as (typeof owners)[number];
    const asked = pick(random, ["color", "owner", "giver"] as const);
    const first = pick(random, [
      `Four friends meet ${inPlace(place)} on ${day}, and each of them brings a ${thing}.`,
      `It is ${day}, and four friends come to the ${place} to show what they have.`,
    ]);
    const last = pick(random, [
      "They stay together until the evening, and nobody wants to go home.",
      "They talk and laugh for a long time, and then they all go home.",
    ]);
    const values = [
      asked,
      thing,
      owner.name,
      place,
      day,
      ...owners.flatMap(({ name, color, from }) => [name, color, from]),
    ];
    const question = giftQuestion(asked, owner, thing, facts[at] as string);
    return readingOf(random, { first, facts, last }, question, values);
  },
};

interface Owner {
  readonly name: string;
  readonly her: string;
  readonly color: string;
  readonly from: string;
}

function giftQuestion(
  asked: "color" | "owner" | "giver",
  { name, her, color, from }: Owner,
  thing: string,
  fact: string,
) {
  if (asked === "color")
    return {
      asks: [
        `What color is ${name}'s ${thing}?`,
        `{Which|What} color does the ${thing} of ${name} have?`,
        `${name} has a ${thing}. {What is its color|What color is it}?`,
        `{Tell me|Please tell me} the color of ${name}'s ${thing}.`,
        `If ${name} {shows|brings} me {the|${her}} ${thing}, {what|which} color do I see?`,
        `The ${thing} that belongs to ${name}: {which color is it|what color does it have}?`,
      ],
      reasoning: fromOneSentence(
        `the color of ${name}'s ${thing}`,
        fact,
        `the color of ${name}'s ${thing} is ${color}`,
        color,
      ),
      result: color,
    };
  if (asked === "owner")
    return {
      asks: [
        `{Who has|Who brings} the ${color} ${thing}?`,
        `{To whom|To which person} does the ${color} ${thing} belong?`,
        `One ${thing} is ${color}. {Whose is it|Who is its owner}?`,
        `{Tell me|Please tell me} who has the ${color} ${thing}.`,
        `If I find the ${color} ${thing}, {who gets|to whom do I give} it{ back|}?`,
        `The ${thing} that is ${color}: {who has it|to whom does it belong}?`,
      ],
      reasoning: fromOneSentence(
        `the owner of the ${color} ${thing}`,
        fact,
        `the owner of the ${color} ${thing} is ${name}`,
        name,
      ),
      result: name,
    };
  return {
    asks: [
      `{Who gave ${name} the|From whom did ${name} get the} ${color} ${thing}?`,
      `{Which person gave|Who gave} the ${color} ${thing} to ${name}?`,
      `${name} got a ${thing}. {Who gave it to ${name}|From whom was it}?`,
      `{Tell me|Please tell me} who gave ${name} the ${thing}.`,
      `If ${name} wants to say thanks for the ${thing}, {who should hear it|to whom}?`,
      `The present of ${name}, a ${thing}: {who gave it|from whom is it}?`,
    ],
    reasoning: fromOneSentence(
      `the person who gave ${name} the ${thing}`,
      fact,
      `${name} got the ${thing} from ${her} ${from}`,
      `${her} ${from}`,
    ),
    result: `${her} ${from}`,
  };
}

/** Who left what where? */
export const lost: Story = {
  name: "lost",
  draw(random: Random) {
    const [things, rooms, on] = [several(random, goods, 4), several(random, places, 4), several(random, spots, 4)];
    const day = pick(random, days);
    const owners = several(random, people, 4).map((person, i) => ({
      ...person,
      thing: `${things[i]}`,
      room: `${rooms[i]}`,
    }));
    const facts = owners.map(({ name, her, thing, room }, i) =>
      pick(random, [
        `${name} left ${her} ${thing} ${on[i]} ${inPlace(room)}.`,
        `There is a ${thing} ${on[i]} ${inPlace(room)}, and it belongs to ${name}.`,
        `The ${thing} that ${name} lost is ${on[i]} ${inPlace(room)}.`,
      ]),
    );
    const at = integer(random, 0, 3);
    const owner = owners[at] as (typeof owners)[number];
    const first = pick(random, [
      `On ${day} everyone was busy, and at the end of the day some things were not in their places.`,
      `Four people could not find their things on ${day}, because they had left them behind.`,
    ]);
    const last = pick(random, [
      "In the evening all of them got their things back and were glad.",
      "Nobody had taken anything, and on the next day all was well again.",
    ]);
    const asked = pick(random, ["where", "who", "what"] as const);
    const values = [asked, owner.name, day, ...owners.flatMap(({ name, thing, room }) => [name, thing, room])];
    const question = lostQuestion(asked, owner.name, owner.thing, owner.room, facts[at] as string);
    return readingOf(random, { first, facts, last }, question, values);
  },
};

function lostQuestion(asked: "where" | "who" | "what", name: string, thing: string, room: string, fact: string) {
  if (asked === "where")
    return {
      asks: [
        `Where is ${name}'s ${thing}?`,
        `{In which place|Where} did ${name} leave the ${thing}?`,
        `${name} {looks for|needs} a ${thing}. {Where is it|In which place is it}?`,
        `{Tell me|Please tell me} where ${name} can find the ${thing}.`,
        `If ${name} wants the ${thing} back, where {should we look|must we go}?`,
        `The ${thing} that belongs to ${name}: {where is it|in which place do we find it}?`,
      ],
      reasoning: fromOneSentence(
        `the place of ${name}'s ${thing}`,
        fact,
        `${name}'s ${thing} is ${inPlace(room)}`,
        `the ${room}`,
      ),
      result: room,
    };
  if (asked === "who")
    return {
      asks: [
        `Who left {something|a thing} ${inPlace(room)}?`,
        `{Whose thing|The thing of which person} is ${inPlace(room)}?`,
        `There is something ${inPlace(room)}. {Whose is it|To whom does it belong}?`,
        `{Tell me|Please tell me} who lost something ${inPlace(room)}.`,
        `If I find something ${inPlace(room)}, to whom {do I give it back|should I give it}?`,
        `There is something ${inPlace(room)}: {who lost it|who is its owner}?`,
      ],
      reasoning: fromOneSentence(
        `the person who left something ${inPlace(room)}`,
        fact,
        `the thing ${inPlace(room)} belongs to ${name}`,
        name,
      ),
      result: name,
    };
  return {
    asks: [
      `What did ${name} {leave behind|lose}?`,
      `{Which|What} thing of ${name}'s was not in its place?`,
      `${name} lost something. {What was it|Which thing was it}?`,
      `{Tell me|Please tell me} what ${name} left behind.`,
      `If ${name} comes back, {what|which thing} does ${name} look for?`,
      `The thing that ${name} left behind: {what is it|which is it}?`,
    ],
    reasoning: fromOneSentence(
      `the thing that ${name} left behind`,
      fact,
      `the thing that ${name} left behind is the ${thing}`,
      `the ${thing}`,
    ),
    result: thing,
  };
}

/** Who has which lesson, when? */
export const timetable: Story = {
  name: "timetable",
  draw(random: Random) {
    const [on, subjects] = [several(random, days, 4), several(random, lessons, 4)];
    const hours = several(random, [2, 3, 4, 5, 6, 7, 8], 4);
    const pupils = several(random, people, 4).map(({ name }, i) => ({
      name,
      day: `${on[i]}`,
      subject: `${subjects[i]}`,
    }));
    const facts = pupils.map(({ name, day, subject }, i) =>
      pick(random, [
        `On ${day} ${name} has a ${subject} lesson, and it begins at ${hours[i]} o'clock.`,
        `${name} has a ${subject} lesson every ${day}, which begins at ${hours[i]} o'clock.`,
        `Every ${day} at ${hours[i]} o'clock, ${name} goes to a ${subject} lesson.`,
      ]),
    );
    const at = integer(random, 0, 3);
    const { name, day, subject } = pupils[at] as (typeof pupils)[number];
    const first = pick(random, [
      "In this small school there are many lessons in the afternoon.",
      "Four friends like to learn, and each of them has a lesson.",
    ]);
    const last = pick(random, [
      "The lessons are never long, and the teachers are very kind.",
      "After the lessons they often meet and eat something together.",
    ]);
    const asked = pick(random, ["day", "pupil", "hour"] as const);
    const values = [
      asked,
      name,
      ...pupils.flatMap((pupil, i) => [pupil.name, pupil.day, pupil.subject, `${hours[i]}`]),
    ];
    const question = lessonQuestion(asked, name, day, subject, Number(hours[at]), facts[at] as string);
    return readingOf(random, { first, facts, last }, question, values);
  },
};

function lessonQuestion(
  asked: "day" | "pupil" | "hour",
  name: string,
  day: string,
  subject: string,
  hour: number,
  fact: string,
) {
  if (asked === "day")
    return {
      asks: [
        `{On which day|When} does ${name} have a ${subject} lesson?`,
        `{Which|What} day is the day of ${name}'s lesson?`,
        `${name} has a lesson. {On what day|On which day} is it?`,
        `{Tell me|Please tell me} the day of the ${subject} lesson.`,
        `If I want to see ${name} at the ${subject} lesson, {on which|which} day should I come{ to the school|}?`,
        `The ${subject} lesson of ${name}: {on which day is it|which day is it on}?`,
      ],
      reasoning: fromOneSentence(
        `the day of ${name}'s ${subject} lesson`,
        fact,
        `the day of the lesson is ${day}`,
        day,
      ),
      result: day,
    };
  if (asked === "pupil")
    return {
      asks: [
        `Who has a {lesson|${subject} lesson} on ${day}?`,
        `{Which person|Who} goes to a lesson every ${day}?`,
        `There is a lesson on ${day}. {Who has it|Whose lesson is it}?`,
        `{Tell me|Please tell me} who has a lesson on ${day}.`,
        `If I come to the school on ${day}, {who|which person} has a lesson{ then|}?`,
        `The ${day} lesson: {who has it|who goes to it}?`,
      ],
      reasoning: fromOneSentence(
        `the person with a lesson on ${day}`,
        fact,
        `the person with a lesson on ${day} is ${name}`,
        name,
      ),
      result: name,
    };
  return {
    asks: [
      `{When|At what time} does the ${subject} lesson begin?`,
      `{At which hour|At what hour} does ${name} go to the ${subject} lesson?`,
      `${name} has a lesson. {At what time|At which hour} does it begin?`,
      `{Tell me|Please tell me} at which hour the ${subject} lesson begins.`,
      `If ${name} wants to be on time, {at what hour|when} does the ${subject} lesson begin?`,
      `The ${subject} lesson of ${name}: {at which hour|at what time} does it begin?`,
    ],
    reasoning: fromOneSentence(
      `the hour of ${name}'s ${subject} lesson`,
      fact,
      `the ${subject} lesson begins at ${hour} o'clock`,
      hour,
    ),
    result: hour,
  };
}

/** Who brings how many of what? */
export const party: Story = {
  name: "party",
  draw(random: Random) {
    const [host, ...guests] = several(random, people, 5);
    const things = several(random, supplies, 4);
    const day = pick(random, days);
    const brought = guests.map(({ name }, i) => ({ name, thing: `${things[i]}`, count: integer(random, 3, 45) }));
    const facts = brought.map(({ name, thing, count }) =>
      pick(random, [
        `${name} brings ${count} ${thing} and puts them on the table.`,
        `There are ${count} ${thing} from ${name}, who carries them in a big box.`,
        `The ${count} ${thing} come from ${name}, who got them in the morning.`,
      ]),
    );
    const [one, other] = several(random, [0, 1, 2, 3], 2) as [number, number];
    const [a, b] = [brought[one], brought[other]] as [(typeof brought)[number], (typeof brought)[number]];
    const first = pick(random, [
      `On ${day} there is a party for ${host?.name}, and four friends want to help.`,
      `${host?.name} is going to have a party on ${day}, and four friends bring what is needed.`,
    ]);
    const last = pick(random, [
      "There is music until the evening, and everyone has a good time.",
      "They sing and dance, and the party is not over before the evening.",
    ]);
    const asked = pick(random, ["count", "guest", "sum"] as const);
    const values = [
      asked,
      a.name,
      `${host?.name}`,
      day,
      ...brought.flatMap(({ name, thing, count }) => [name, thing, count]),
    ];
    if (asked === "sum") values.push(b.name);
    const question = partyQuestion(asked, a, b, [facts[one] as string, facts[other] as string]);
    return readingOf(random, { first, facts, last }, question, values);
  },
};

interface Brought {
  readonly name: string;
  readonly thing: string;
  readonly count: number;
}

function partyQuestion(asked: "count" | "guest" | "sum", a: Brought, b: Brought, facts: readonly [string, string]) {
  const { name, thing, count } = a;
  if (asked === "count")
    return {
      asks: [
        `How many ${thing} {does ${name} bring|come from ${name}}?`,
        `{What is|Can you tell me} the number of ${thing} at the party?`,
        `${name} brings some ${thing}. {How many are there|How many are they}?`,
        `{Tell me|Please tell me} how many ${thing} there are at the party.`,
        `If we count the ${thing} from ${name}, {how many are there|what number do we get}?`,
        `The ${thing} at the party: {how many are there|what is their number}?`,
      ],
      reasoning: fromOneSentence(
        `the number of ${thing}`,
        facts[0],
        `the number of ${thing} from ${name} is ${count}`,
        count,
      ),
      result: count,
    };
  if (asked === "guest")
    return {
      asks: [
        `Who {brings|has} the ${thing}{ for the party|}?`,
        `{From whom|From which person} do the ${thing} come?`,
        `There are ${thing} at the party. {Who brings them|From whom are they}?`,
        `{Tell me|Please tell me} who brings the ${thing}.`,
        `If you want to give the ${thing} back, {who should get them|to whom do you give them}?`,
        `The ${thing} at the party: {who brings them|from whom do they come}?`,
      ],
      reasoning: fromOneSentence(
        `the person who brings the ${thing}`,
        facts[0],
        `the person who brings the ${thing} is ${name}`,
        name,
      ),
      result: name,
    };
  return {
    asks: [
      `How many things do ${name} and ${b.name} bring {together|in total}?`,
      `{What is|Can you tell me} the number of things that come from ${name} and ${b.name}{ together|}?`,
      `${name} and ${b.name} bring something. How many things {are there|do we have} {together|in total}?`,
      `{Tell me|Please tell me} how many things ${name} and ${b.name} bring together.`,
      `If we count the ${thing} and the ${b.thing} together, {how many things are there|what number do we get}?`,
      `The ${thing} and the ${b.thing} at the party: {how many are there|what is their number} together?`,
    ],
    reasoning:
      firstLookingFor(`the ${thing} of ${name} and the ${b.thing} of ${b.name}`) +
      quoted(facts[0], `${name} brings ${count} ${thing}`) +
      quoted(facts[1], `${b.name} brings ${b.count} ${b.thing}`) +
      `{Together|In total|That makes} ${count} + ${b.count} = ${count + b.count} things.`,
    result: count + b.count,
  };
}
