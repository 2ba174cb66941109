/** Stories in which the right one of several parallel sentences gives the answer. */
import { colors, days, goods, people, places } from "../../lexicon.ts";
import { integer, pick, type Random, type Story, several } from "../../problem.ts";
import { asking, firstLookingFor, fromOneSentence, inPlace, quoted, readingOf } from "./text.ts";

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
        `From ${her} ${from}, ${name} got a ${thing}, and it is ${color}.`,
        `The ${thing} of ${name} is ${color} and was a present from ${her} ${from}.`,
        `A ${color} ${thing} is what ${name} got from ${her} ${from}.`,
      ]),
    );
    const at = integer(random, 0, 3);
    const owner = owners[at] as (typeof owners)[number];
    const asked = pick(random, ["color", "owner", "giver"] as const);
    const first = pick(random, [
      `Four friends meet ${inPlace(place)} on ${day}, and each of them brings a ${thing}.`,
      `It is ${day}, and four friends come to the ${place} to show what they have.`,
      `In the morning four friends come to the ${place}, because on ${day} each of them wants to show a ${thing}.`,
      `This is about a ${day} on which four friends meet ${inPlace(place)}.`,
    ]);
    const last = pick(random, [
      "They stay together until the evening, and nobody wants to go home.",
      "They talk and laugh for a long time, and then they all go home.",
      "It is a warm day, and all of them are happy.",
      "When it rains, they put everything away and run home.",
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

function giftQuestion(asked: "color" | "owner" | "giver", owner: Owner, thing: string, fact: string) {
  const { name, her, color } = owner;
  if (asked === "color")
    return {
      asks: asking({
        direct: [
          `What color is ${name}'s ${thing}?`,
          `{Which|What} color does the ${thing} of ${name} have?`,
          `${name} has a ${thing}. {What is its color|What color is it}?`,
          `{Tell me|Please tell me} the color of ${name}'s ${thing}.`,
          `If ${name} {shows|brings} me {the|${her}} ${thing}, {what|which} color do I see?`,
          `What is the color of the ${thing} that {belongs to ${name}|${name} has}?`,
          `{In|Of} {what|which} color is the ${thing} {of ${name}|that ${name} got}?`,
          `{Look at|Think of} the ${thing} that ${name} has. {What|Which} color is it?`,
          `Of the four colors, {which|which one} does the ${thing} of ${name} have?`,
        ],
        noun: `the color of {${name}'s ${thing}|the ${thing} of ${name}|the ${thing} that ${name} has}`,
        clause:
          `{which color ${name}'s ${thing} has|what color the ${thing} of ${name} is|in what color ` +
          `${name} has a ${thing}}`,
        heldOut: `The ${thing} that belongs to ${name}: {which color is it|what color does it have}?`,
      }),
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
      asks: asking({
        direct: [
          `{Who has|Who brings} the ${color} ${thing}?`,
          `{To whom|To which person} does the ${color} ${thing} belong?`,
          `One ${thing} is ${color}. {Whose is it|Who is its owner}?`,
          `{Tell me|Please tell me} who has the ${color} ${thing}.`,
          `If I find the ${color} ${thing}, {who gets|to whom do I give} it{ back|}?`,
          `Whose ${thing} is ${color}?`,
          `{Which|Which one} of the friends has {the|a} ${color} ${thing}?`,
          `There is a ${color} ${thing}. {Who has it|Whose is it|To which person does it belong}?`,
          `By whom was the ${color} ${thing} {brought|shown}?`,
        ],
        noun:
          `{the owner of the ${color} ${thing}|the person with the ${color} ${thing}|the person to whom ` +
          `the ${color} ${thing} belongs}`,
        clause:
          `{who has the ${color} ${thing}|whose ${thing} is ${color}|to whom the ${color} ${thing} ` +
          `belongs|who is the owner of the ${color} ${thing}}`,
        heldOut: `The ${thing} that is ${color}: {who has it|to whom does it belong}?`,
      }),
      reasoning: fromOneSentence(
        `the owner of the ${color} ${thing}`,
        fact,
        `the owner of the ${color} ${thing} is ${name}`,
        name,
      ),
      result: name,
    };
  return giverQuestion(owner, thing, fact);
}

function giverQuestion({ name, her, color, from }: Owner, thing: string, fact: string) {
  return {
    asks: asking({
      direct: [
        `{Who gave ${name} the|From whom did ${name} get the} ${color} ${thing}?`,
        `{Which person gave|Who gave} the ${color} ${thing} to ${name}?`,
        `${name} got a ${thing}. {Who gave it to ${name}|From whom was it}?`,
        `{Tell me|Please tell me} who gave ${name} the ${thing}.`,
        `If ${name} wants to say thanks for the ${thing}, {who should hear it|to whom}?`,
        `From whom is the {${thing}|${color} ${thing}} that ${name} has?`,
        `{Someone|Somebody} gave ${name} a ${thing}. {Who was that|Who was it}?`,
        `By whom was the {${thing}|${color} ${thing}} given to ${name}?`,
        `The {${thing}|${color} ${thing}} was given to ${name}. {Who gave it|From whom was it}?`,
      ],
      noun:
        `{the person who gave ${name} the ${thing}|the one from whom ${name} got the ${thing}|the one ` +
        `who gave the ${thing} to ${name}}`,
      clause:
        `{who gave ${name} the ${thing}|from whom ${name} got the ${thing}|who gave the ${color} ` +
        `${thing} to ${name}|from whom the ${thing} of ${name} was}`,
      heldOut: `The present of ${name}, a ${thing}: {who gave it|from whom is it}?`,
    }),
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
        `When ${name} went home, ${her} ${thing} stayed ${on[i]} ${inPlace(room)}.`,
        `Somebody saw the ${thing} of ${name} ${on[i]} ${inPlace(room)}.`,
        `The ${thing} ${on[i]} ${inPlace(room)} is the one that ${name} needs.`,
      ]),
    );
    const at = integer(random, 0, 3);
    const owner = owners[at] as (typeof owners)[number];
    const first = pick(random, [
      `On ${day} everyone was busy, and at the end of the day some things were not in their places.`,
      `Four people could not find their things on ${day}, because they had left them behind.`,
      `On ${day} four people forgot something, and they did not see it before they were at home.`,
      `It was late on ${day} when four people had to look for what was theirs.`,
    ]);
    const last = pick(random, [
      "In the evening all of them got their things back and were glad.",
      "Nobody had taken anything, and on the next day all was well again.",
      "Before night came, everything was back with its owner.",
      "All four said that they would look better after their things.",
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
      asks: asking({
        direct: [
          `Where is ${name}'s ${thing}?`,
          `{In which place|Where} did ${name} leave the ${thing}?`,
          `${name} {looks for|needs} a ${thing}. {Where is it|In which place is it}?`,
          `{Tell me|Please tell me} where ${name} can find the ${thing}.`,
          `If ${name} wants the ${thing} back, where {should we look|must we go}?`,
          `Where {must|should|can} ${name} look for the ${thing}?`,
          `In {which|what} place is the ${thing} {of ${name}|that ${name} lost}?`,
          `${name} lost a ${thing}. {Where is it|In which place did it stay}?`,
          `Where was the ${thing} left by ${name}?`,
        ],
        noun: `the place {of ${name}'s ${thing}|where ${name} left the ${thing}|where the ${thing} of ${name} is}`,
        clause:
          `{where ${name} left the ${thing}|where ${name}'s ${thing} is|in which place the ${thing} of ` +
          `${name} is|in which place ${name} left the ${thing}}`,
        heldOut: `The ${thing} that belongs to ${name}: {where is it|in which place do we find it}?`,
      }),
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
      asks: asking({
        direct: [
          `Who left {something|a thing} ${inPlace(room)}?`,
          `{Whose thing|The thing of which person} is ${inPlace(room)}?`,
          `There is something ${inPlace(room)}. {Whose is it|To whom does it belong}?`,
          `{Tell me|Please tell me} who lost something ${inPlace(room)}.`,
          `If I find something ${inPlace(room)}, to whom {do I give it back|should I give it}?`,
          `Whose thing {is|was left} ${inPlace(room)}?`,
          `{Somebody|Someone} left something ${inPlace(room)}. {Who was it|Who was that}?`,
          `By whom was something left ${inPlace(room)}?`,
          `Who {has to go back to|must go to} the ${room} to get something?`,
        ],
        noun:
          `{the person who left something ${inPlace(room)}|the person whose thing is ` +
          `${inPlace(room)}|the owner of the thing ${inPlace(room)}}`,
        clause:
          `{who left something ${inPlace(room)}|whose thing is ${inPlace(room)}|to whom the thing ` +
          `${inPlace(room)} belongs|who lost something ${inPlace(room)}}`,
        heldOut: `There is something ${inPlace(room)}: {who lost it|who is its owner}?`,
      }),
      reasoning: fromOneSentence(
        `the person who left something ${inPlace(room)}`,
        fact,
        `the thing ${inPlace(room)} belongs to ${name}`,
        name,
      ),
      result: name,
    };
  return lostThingQuestion(name, thing, fact);
}

function lostThingQuestion(name: string, thing: string, fact: string) {
  return {
    asks: asking({
      direct: [
        `What did ${name} {leave behind|lose}?`,
        `{Which|What} thing of ${name}'s was not in its place?`,
        `${name} lost something. {What was it|Which thing was it}?`,
        `{Tell me|Please tell me} what ${name} left behind.`,
        `If ${name} comes back, {what|which thing} does ${name} look for?`,
        `{Something|One thing} {belongs to|was lost by} ${name}. {What is it|Which thing is that}?`,
        `{What|Which thing} was left behind by ${name}?`,
        `{What|Which thing} does ${name} {need back|look for}?`,
        `{What|Which thing} {belongs to|was lost by} ${name}?`,
      ],
      noun: `the kind of thing {that ${name} lost|that ${name} left behind|that ${name} needs back}`,
      clause: `{what ${name} lost|what ${name} left behind|which thing ${name} lost|which thing belongs to ${name}}`,
      heldOut: `The thing that ${name} left behind: {what is it|which is it}?`,
    }),
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
        `The ${subject} lesson of ${name} is on ${day} and begins at ${hours[i]} o'clock.`,
        `At ${hours[i]} o'clock on ${day} there is a ${subject} lesson for ${name}.`,
        `There is a ${subject} lesson on ${day} at ${hours[i]} o'clock, and ${name} goes to it.`,
      ]),
    );
    const at = integer(random, 0, 3);
    const { name, day, subject } = pupils[at] as (typeof pupils)[number];
    const first = pick(random, [
      "In this small school there are many lessons in the afternoon.",
      "Four friends like to learn, and each of them has a lesson.",
      "These are the lessons of four children, one for each of them.",
      "Every week four children come to the same house to learn.",
    ]);
    const last = pick(random, [
      "The lessons are never long, and the teachers are very kind.",
      "After the lessons they often meet and eat something together.",
      "They all like what they learn, and they get better every week.",
      "On the other days the children play in the park.",
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
      asks: asking({
        direct: [
          `{On which day|When} does ${name} have a ${subject} lesson?`,
          `{Which|What} day is the day of ${name}'s lesson?`,
          `${name} has a lesson. {On what day|On which day} is it?`,
          `{Tell me|Please tell me} the day of the ${subject} lesson.`,
          `If I want to see ${name} at the ${subject} lesson, {on which|which} day should I come{ to the school|}?`,
          `On {which|what} day of the week {is the ${subject} lesson|does ${name} go to the ${subject} lesson}?`,
          `There is a ${subject} lesson{ for ${name}|}. {On which day|On what day} is it?`,
          `{Which|What} is the day on which ${name} {has a lesson|goes to a lesson}?`,
          `{Which|What} day of the week {has|is the one with} a ${subject} lesson?`,
        ],
        noun: `the day of {${name}'s ${subject} lesson|the ${subject} lesson|the lesson that ${name} has}`,
        clause:
          `{on which day ${name} has a lesson|on which day the ${subject} lesson is|on what day ` +
          `${name} goes to the ${subject} lesson|which day the ${subject} lesson of ${name} is on}`,
        heldOut: `The ${subject} lesson of ${name}: {on which day is it|which day is it on}?`,
      }),
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
      asks: asking({
        direct: [
          `Who has a {lesson|${subject} lesson} on ${day}?`,
          `{Which person|Who} goes to a lesson every ${day}?`,
          `There is a lesson on ${day}. {Who has it|Whose lesson is it}?`,
          `{Tell me|Please tell me} who has a lesson on ${day}.`,
          `If I come to the school on ${day}, {who|which person} has a lesson{ then|}?`,
          `Whose lesson is on ${day}?`,
          `On ${day}, {who|which person} {has|goes to} a lesson?`,
          `${day} is the day of one lesson. {Whose lesson is it|Who goes there}?`,
          `For whom is {there a lesson|the lesson} on ${day}?`,
        ],
        noun:
          `{the person with a lesson on ${day}|the person who has a lesson on ${day}|the one whose ` +
          `lesson is on ${day}}`,
        clause:
          `{who has a lesson on ${day}|whose lesson is on ${day}|which person has a lesson on ` +
          `${day}|who goes to a lesson every ${day}}`,
        heldOut: `The ${day} lesson: {who has it|who goes to it}?`,
      }),
      reasoning: fromOneSentence(
        `the person with a lesson on ${day}`,
        fact,
        `the person with a lesson on ${day} is ${name}`,
        name,
      ),
      result: name,
    };
  return hourQuestion(name, subject, hour, fact);
}

function hourQuestion(name: string, subject: string, hour: number, fact: string) {
  return {
    asks: asking({
      direct: [
        `{When|At what time} does the ${subject} lesson begin?`,
        `{At which hour|At what hour} does ${name} go to the ${subject} lesson?`,
        `${name} has a lesson. {At what time|At which hour} does it begin?`,
        `{Tell me|Please tell me} at which hour the ${subject} lesson begins.`,
        `If ${name} wants to be on time, {at what hour|when} does the ${subject} lesson begin?`,
        `At what {time|hour} {must|should} ${name} be at the ${subject} lesson?`,
        `There is a ${subject} lesson{ for ${name}|}. {When does it begin|At what time does it begin}?`,
        `At {which|what} hour {is the ${subject} lesson|does the lesson of ${name} begin}?`,
        `{What|Which} hour is it when ${name} goes to the ${subject} lesson?`,
      ],
      noun:
        `{the hour of the ${subject} lesson|the hour at which the ${subject} lesson begins|the time at ` +
        `which ${name}'s ${subject} lesson begins|the hour when the lesson of ${name} begins}`,
      clause:
        `{at what time the ${subject} lesson begins|at which hour ${name} has a lesson|at which hour ` +
        `${name}'s ${subject} lesson begins|when the ${subject} lesson of ${name} begins}`,
      heldOut: `The ${subject} lesson of ${name}: {at which hour|at what time} does it begin?`,
    }),
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
        `With ${count} ${thing}, ${name} comes to the party.`,
        `From ${name} they get ${count} ${thing}, which will be needed.`,
        `${name} is there early and has ${count} ${thing} in a bag.`,
      ]),
    );
    const [one, other] = several(random, [0, 1, 2, 3], 2) as [number, number];
    const [a, b] = [brought[one], brought[other]] as [(typeof brought)[number], (typeof brought)[number]];
    const first = pick(random, [
      `On ${day} there is a party for ${host?.name}, and four friends want to help.`,
      `${host?.name} is going to have a party on ${day}, and four friends bring what is needed.`,
      `Four friends come to the party of ${host?.name} on ${day}, and none of them has forgotten to bring something.`,
      `When ${host?.name} gives a party on ${day}, four friends bring something.`,
    ]);
    const last = pick(random, [
      "There is music until the evening, and everyone has a good time.",
      "They sing and dance, and the party is not over before the evening.",
      "In the end all of them are tired, but they want to do it again.",
      "There is a lot to eat, and nobody goes home hungry.",
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
      asks: asking({
        direct: [
          `How many ${thing} {does ${name} bring|come from ${name}}?`,
          `{What is|Can you tell me} the number of ${thing} at the party?`,
          `${name} brings some ${thing}. {How many are there|How many are they}?`,
          `{Tell me|Please tell me} how many ${thing} there are at the party.`,
          `If we count the ${thing} from ${name}, {how many are there|what number do we get}?`,
          `How many things does ${name} bring{ to the party|}?`,
          `For the party ${name} brings ${thing}. {How many are there|What is their number}?`,
          `There are ${thing} at the party. {How many|How many are they}?`,
          `With how many ${thing} does ${name} come{ to the party|}?`,
        ],
        noun: `the number of ${thing}{ from ${name}| that ${name} brings| at the party|}`,
        clause: `how many ${thing} {there are|${name} brings|come from ${name}|are at the party|they get from ${name}}`,
        heldOut: `The ${thing} at the party: {how many are there|what is their number}?`,
      }),
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
      asks: asking({
        direct: [
          `Who {brings|has} the ${thing}{ for the party|}?`,
          `{From whom|From which person} do the ${thing} come?`,
          `There are ${thing} at the party. {Who brings them|From whom are they}?`,
          `{Tell me|Please tell me} who brings the ${thing}.`,
          `If you want to give the ${thing} back, {who should get them|to whom do you give them}?`,
          `Which of the {four friends|friends} brings the ${thing}?`,
          `By whom are the ${thing} brought{ to the party|}?`,
          `{Somebody|Someone} brings ${thing}. {Who is it|Who is that}?`,
          `Whose are the ${thing}{ at the party|}?`,
        ],
        noun:
          `{the person who brings the ${thing}|the one from whom the ${thing} come|the friend who brings ` +
          `the ${thing}|the person with the ${thing}}`,
        clause:
          `{who brings the ${thing}|from whom the ${thing} come|who has the ${thing}|which of the ` +
          `friends brings the ${thing}}`,
        heldOut: `The ${thing} at the party: {who brings them|from whom do they come}?`,
      }),
      reasoning: fromOneSentence(
        `the person who brings the ${thing}`,
        facts[0],
        `the person who brings the ${thing} is ${name}`,
        name,
      ),
      result: name,
    };
  return sumQuestion(a, b, facts);
}

function sumQuestion(a: Brought, b: Brought, facts: readonly [string, string]) {
  const { name, thing, count } = a;
  return {
    asks: asking({
      direct: [
        `How many things do ${name} and ${b.name} bring {together|in total}?`,
        `{What is|Can you tell me} the number of things that come from ${name} and ${b.name}{ together|}?`,
        `${name} and ${b.name} bring something. How many things {are there|do we have} {together|in total}?`,
        `{Tell me|Please tell me} how many things ${name} and ${b.name} bring together.`,
        `If we count the ${thing} and the ${b.thing} together, {how many things are there|what number do we get}?`,
        `${name} brings ${thing}, and ${b.name} brings ${b.thing}. How many things {are there|do they have} ` +
          "{together|in total}?",
        `{Together|In total}, how many things {come from|are brought by} ${name} and ${b.name}?`,
        `How many ${thing} and ${b.thing} are there {together|in total}?`,
        `{What do we get|How many things are there} if we add the ${thing} of ${name} and the ${b.thing} of ${b.name}?`,
      ],
      noun:
        `{the number of things from ${name} and ${b.name} together|the number of things that ${name} and ` +
        `${b.name} bring in total|the number of all ${thing} and ${b.thing} together}`,
      clause:
        `{how many things ${name} and ${b.name} bring together|how many things there are from ${name} ` +
        `and ${b.name} in total|how many ${thing} and ${b.thing} there are together}`,
      heldOut: `The ${thing} and the ${b.thing} at the party: {how many are there|what is their number} together?`,
    }),
    reasoning:
      firstLookingFor(`the ${thing} of ${name} and the ${b.thing} of ${b.name}`) +
      quoted(facts[0], `${name} brings ${count} ${thing}`) +
      quoted(facts[1], `${b.name} brings ${b.count} ${b.thing}`) +
      `{Together|In total|That makes} ${count} + ${b.count} = ${count + b.count} things.`,
    result: count + b.count,
  };
}
