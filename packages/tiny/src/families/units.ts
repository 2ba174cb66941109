/** Conversions between units of time, length, weight and number, one small step at a time. */
import { holders, names, opening, people, places, so, things } from "../lexicon.ts";
import { type Family, type Instance, integer, pick, type Random, several, withResult } from "../problem.ts";
import { amount, ask, capital, including, leaves, makes, total } from "../steps.ts";

const pastimes = ["reading", "cooking", "swimming", "painting", "dancing", "singing", "running", "writing"];
const towns = places.filter((place) => place !== "kitchen" && place !== "garden");
const vehicles = ["bus", "train", "boat", "tram"];
const events = ["film", "game", "show", "lesson", "party"];
const dry = ["rice", "sugar", "flour", "salt"];
const jars = ["honey", "jam", "nuts", "tea"];
const cords = ["rope", "chain", "string", "wire"];
const habits = [
  { does: "reads", done: "read", what: "pages" },
  { does: "plants", done: "planted", what: "trees" },
  { does: "paints", done: "painted", what: "cups" },
  { does: "picks", done: "picked", what: "apples" },
  { does: "cleans", done: "cleaned", what: "plates" },
];

/** `(9, 5)` → `"9:05"`. */
const clock = (hour: number, minute: number): string => `${hour}:${String(minute).padStart(2, "0")}`;
/** `(2, 350)` → `"2 kilometers and 350 meters"`, for units one of which is a thousand of the other. */
const mixed = (large: string, small: string) => (x: number, y: number) => `${amount(x, large)} and ${amount(y, small)}`;

function minutes(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [x, y] = several(random, pastimes, 2) as [string, string];
  const [h, m, p] = [integer(random, 2, 9), integer(random, 5, 55), integer(random, 5, 90)];
  const long = `${h} hours and ${m} minutes`;
  const whole = h * 60;
  const first = whole + m;
  const all = first + p;
  return {
    values: [h, m, p],
    wordings: [
      `${n} spends ${long} ${x} and ${p} minutes ${y}. How many minutes is that {in total|in all|altogether}?`,
      `{First|Today}, ${n} spends ${long} ${x}, then ${p} minutes ${y}. How many minutes {does this take|is this}?`,
      `How many minutes does ${n} need {in total|in all} for ${long} of ${x} and ${p} minutes of ${y}?`,
      `After ${p} minutes of ${y}, ${n} goes on with ${long} of ${x}. What is the {total time|whole time} in minutes?`,
      `If ${n} is busy ${x} for ${long} and {then |}${y} for ${p} minutes, how many minutes {is ${she} busy in ` +
        `all|is that}?`,
      `${ask} the total time in minutes: ${n} spends ${p} minutes ${y} and ${long} ${x}.`,
      `How many minutes is that in {total|all}? ${n} spends ${p} minutes ${y} and ${long} ${x}.`,
      `${n} wants to know how many minutes {all of this|this} takes in total: ${long} for ${x} and ${p} minutes for ` +
        `${y}.`,
      `It takes ${n} ${p} minutes to finish the ${y} and ${long} to finish the ${x}. {What is the total time in ` +
        `minutes|How many minutes are these together}?`,
      `{Today|One day}, ${n} is busy for ${long} with ${x}. {Then|After that}, ${she} spends ${p} minutes ${y}. How ` +
        `many minutes has ${she} been busy {in all|in total|altogether}?`,
      `First ${n} spends ${p} minutes ${y}. {Next comes|After that comes} ${x}, which takes ${long}. How many ` +
        `minutes {is that|does this take} {in total|in all}?`,
      `What is the total time of ${n} in minutes {if|when} there are ${long} of ${x} {and|and then} ${p} minutes of ` +
        `${y}?`,
      `Please find the number of minutes that ${n} needs for ${p} minutes of ${y} and ${long} of ${x} {together|in ` +
        `all}.`,
      `Of the time that ${n} is busy, ${p} minutes {are for|go to} ${y}, and ${long} {are for|go to} ${x}. How many ` +
        `minutes is that {in all|in total|altogether}?`,
      `If ${p} minutes of ${y} come {before|after} ${long} of ${x}, how many minutes does ${n} need {in all|in total}?`,
      `In minutes, how long is ${n} busy with ${x} and ${y}, if ${she} needs ${long} for the one and ${p} minutes ` +
        `for the other?`,
      `A time of ${long} is spent on ${x} by ${n}, and ${p} {more |}minutes on ${y}. {Give|Tell me} the time {in ` +
        `total|altogether} in minutes.`,
      `There were ${long} of ${x} and ${p} minutes of ${y} {in the day of|for} ${n}. How many minutes were there {in ` +
        `total|altogether}?`,
      `The ${x} takes ${n} ${long}, and the ${y} takes ${p} minutes. What is this in minutes, in total?`,
    ],
    ...withResult(
      `${opening}${n} spends ${long} ${x}. {An|One|Each} hour has 60 minutes{, so|, and so} ` +
        `${h} hours {are|make|have} ${h} * 60 = ${whole} minutes. ` +
        `${including} the other ${m} minutes, ${total} ${whole} + ${m} = ${first} minutes. ` +
        `The ${y} takes ${p} minutes${makes} ${first} + ${p} = ${all} minutes. ` +
        `${so}, ${n} {spends|needs} ${all} minutes {in total|in all|altogether}.`,
      all,
    ),
  };
}

function hours(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [x, y] = several(random, pastimes, 2) as [string, string];
  const [a, b] = [integer(random, 10, 180), integer(random, 10, 180)];
  const all = a + b;
  const [h, rest] = [Math.floor(all / 60), all % 60];
  if (h < 1 || rest < 2) return undefined;
  const taken = Array.from({ length: h }, (_, i) => {
    const before = all - 60 * i;
    return `${amount(i + 1, "hour")} ${i === 0 ? "leaves" : "leave"} ${before} - 60 = ${before - 60}`;
  });
  const result = `${amount(h, "hour")} ${rest} minutes`;
  return {
    values: [a, b],
    wordings: [
      `${n} spends ${a} minutes ${x} and ${b} minutes ${y}. How {long|much time} is that in hours and minutes?`,
      `How many hours and minutes does ${n} spend {in total|in all} if ${she} needs ${a} minutes for ${x} and ${b} ` +
        `minutes for ${y}?`,
      `First there are ${a} minutes of ${x}, then ${b} minutes of ${y}. {Give|Tell me} the total time of ${n} in ` +
        `hours and minutes.`,
      `If the ${x} takes ${a} minutes and the ${y} takes ${b} minutes, how long is ${n} busy, in hours and minutes?`,
      `${ask} in hours and minutes how long ${n} is busy with ${a} minutes of ${x} and ${b} minutes of ${y}.`,
      `How {long|much time} is that in hours and minutes? ${n} spends ${b} minutes ${y} and ${a} minutes ${x}.`,
      `${n} wants to know, in hours and minutes, how long ${x} and ${y} take together. For ${x} it is ${a} minutes, ` +
        `and for ${y} it is ${b}.`,
      `{Today|One day}, ${n} spends ${b} minutes ${y} after ${a} minutes of ${x}. How many hours and minutes is that ` +
        `{in total|in all|altogether}?`,
      `It takes ${n} ${b} minutes to finish the ${y} and ${a} minutes to finish the ${x}. {Give|Tell me} the time ` +
        `for both in hours and minutes.`,
      `With ${a} minutes {for|of} ${x} and ${b} {minutes |}{for|of} ${y}, how many hours and minutes does ${n} need?`,
      `What is the {total|whole} time of ${n}, in hours and minutes, if ${y} takes ${b} minutes and ${x} takes ${a} ` +
        `minutes?`,
      `In hours and minutes, how long does ${n} need for ${a} minutes of ${x} and {then |}${b} minutes of ${y}?`,
      `Of the time that ${n} is busy, ${a} minutes {are for|go to} ${x} and ${b} minutes {are for|go to} ${y}. How ` +
        `many hours and minutes are these together?`,
      `Please give the time in hours and minutes: first ${n} {is|was} busy ${x} for ${a} minutes, then ${y} for ${b} ` +
        `minutes.`,
      `If ${n} spends ${a} minutes ${x} and {then |}${b} minutes ${y}, how many hours and minutes {does ${she} ` +
        `need|is that} {in all|in total|altogether}?`,
      `There are ${b} minutes of ${y} and ${a} minutes of ${x} {in the day of|for} ${n}. How many hours and minutes ` +
        `{are there|is that} {in all|in total}?`,
      `${n} begins with ${x}. {That|This} takes ${a} minutes, and {then|after that} ${b} minutes of ${y} {come|are ` +
        `added}. How {long is it all|much time is it} in hours and minutes?`,
      `${n} needs ${a} minutes for the ${x}. After that, ${she} is busy ${y} for ${b} minutes. What is the total ` +
        `time in hours and minutes?`,
    ],
    ...withResult(
      `${opening}The ${x} takes ${a} minutes and the ${y} takes ${b} minutes${makes} ${a} + ${b} = ${all} minutes. ` +
        `{An|One|Each} hour has 60 minutes{, so we take away 60 step by step|, so we subtract 60 step by step}: ` +
        `${taken.join(", ")}. {As|Since} ${rest} is less than 60, {we stop here|we are done}. ` +
        `${so}, ${n} {spends|needs} ${result} {in total|in all|altogether}.`,
      result,
    ),
  };
}

/** `sum` of the smaller unit, with a thousand carried over to the larger one if it is that much. */
function carried(large: string, small: string, whole: number, sum: number) {
  if (sum < 1000) {
    return { whole, rest: sum, text: `{This|That} is less than 1000, so {we keep it|it stays as it is}. ` };
  }
  const rest = sum - 1000;
  const text =
    `{This|That} is 1000 or more, so {we take away|we subtract} 1000: ${sum} - 1000 = ${rest} ${small}s, and ` +
    `${whole} + 1 = ${amount(whole + 1, large)}. `;
  return { whole: whole + 1, rest, text };
}

function walk(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [p, q] = several(random, towns, 2) as [string, string];
  const [a, c] = [integer(random, 2, 9), integer(random, 2, 9)];
  const [b, d] = [integer(random, 5, 95) * 10, integer(random, 5, 95) * 10];
  const length = mixed("kilometer", "meter");
  const [one, two] = [length(a, b), length(c, d)];
  const { whole, rest, text } = carried("kilometer", "meter", a + c, b + d);
  if (rest === 0) return undefined;
  return {
    values: [a, b, c, d],
    wordings: [
      `${n} walks ${one} to the ${p} and then ${two} to the ${q}. How far does ${she} {go|walk} {in total|in all}?`,
      `From home to the ${p} it is ${one}, and from there to the ${q} it is ${two}. How far is the {whole |}way for ` +
        `${n} {in total|in all}?`,
      `How far does ${n} {go|walk} {in total|in all} if the way to the ${p} is ${one} and the way from there to the ` +
        `${q} is ${two}?`,
      `${n} {makes|has} two trips: ${one} to the ${p}, and ${two} from there to the ${q}. How far is that in ` +
        `kilometers and meters?`,
      `If ${n} goes ${one} to the ${p} and ${two} more to the ${q}, how {far|many kilometers and meters} is that ` +
        `{altogether|in all|in total}?`,
      `${ask} how far ${n} {walks|goes}. First ${she} goes ${one} to the ${p}, then ${two} to the ${q}.`,
      `How {far|many kilometers and meters} is it {in total|in all}? ${n} {goes|walks} ${one} to the ${p} and from ` +
        `there ${two} to the ${q}.`,
      `${n} wants to know how {far it is|long the way is} {in total|in all}. To the ${p} it is ${one}, and from ` +
        `there to the ${q} it is ${two}.`,
      `From the ${p} to the ${q}, ${n} walks ${two}. Before that, ${she} {goes|walks} ${one} from home to the ${p}. ` +
        `How far does ${she} go {in total|in all|altogether}?`,
      `{Today|One day}, ${n} goes to the ${q} by way of the ${p}. The first part, to the ${p}, is ${one}, and the ` +
        `rest is ${two}. How {far|many kilometers and meters} is that {in total|altogether}?`,
      `After ${one}, ${n} comes to the ${p}. After ${two} more, ${she} comes to the ${q}. How {far|many kilometers ` +
        `and meters} has ${she} {gone|walked} {in all|in total}?`,
      `How far is it for ${n} to the ${q} if ${she} has to go ${one} to the ${p} first and {then|after that} ${two} ` +
        `more?`,
      `The way of ${n} has two parts: {home to the ${p}|from home to the ${p}}, ${one}, and from there to the ${q}, ` +
        `${two}. What is the {whole way|total} in kilometers and meters?`,
      `Please add up the way of ${n}: ${two} from the ${p} to the ${q}, and before that ${one} to the ${p}.`,
      `If the ${p} is ${one} from home and the ${q} is ${two} {more |}from there, how far does ${n} {walk|go} to the ` +
        `${p} and then to the ${q}?`,
      `With ${two} from the ${p} to the ${q} and ${one} from home to the ${p}, how many kilometers and meters does ` +
        `${n} {walk|go} from home to the ${q}?`,
      `${n} stops at the ${p} after ${one}. {Then|From there}, ${she} goes on for ${two} and stops at the ${q}. ` +
        `${ask} how far ${she} {walks|goes} {in all|altogether}.`,
      `A way of ${one} {takes|brings} ${n} to the ${p}, and {another|a second} way of ${two} {takes|brings} ${n} ` +
        `from there to the ${q}. How far is that {together|in all}?`,
      `The ${q} is ${two} from the ${p}. On the way there, ${n} first walks ${one} to the ${p}. How many kilometers ` +
        `and meters is the whole way?`,
    ],
    ...withResult(
      `${opening}To the ${p}, it is ${one}. From there to the ${q}, it is ${two}. ` +
        `{We add the kilometers|First, we add the kilometers}: ${a} + ${c} = ${a + c}. ` +
        `{We add the meters|Now we add the meters|Then we add the meters}: ${b} + ${d} = ${b + d}. ${text}` +
        `${so}, ${n} {walks|goes} ${length(whole, rest)} {in total|in all|altogether}.`,
      `${amount(whole, "kilometer")} ${amount(rest, "meter")}`,
    ),
  };
}

function weight(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [x, y] = [pick(random, dry), pick(random, jars)];
  const [k, g, c] = [integer(random, 2, 9), integer(random, 10, 95) * 10, integer(random, 5, 90) * 10];
  const bags = k * g;
  const [kilos, grams] = [Math.floor(bags / 1000), bags % 1000];
  const heavy = mixed("kilogram", "gram");
  const { whole, rest, text } = carried("kilogram", "gram", kilos, grams + c);
  if (kilos < 1 || grams === 0 || rest === 0) return undefined;
  return {
    values: [k, g, c],
    wordings: [
      `${n} buys ${k} bags of ${x} with ${g} grams in each and a jar of ${y} that weighs ${c} grams. {How heavy is ` +
        `this|What is the total weight} in kilograms and grams?`,
      `Each of ${k} bags of ${x} weighs ${g} grams, and a jar of ${y} weighs ${c} grams. ${n} puts {all of them|all ` +
        `of this} into a basket. What is the weight in kilograms and grams?`,
      `How many kilograms and grams does ${n} {buy|carry} if ${she} {takes|has} ${k} bags of ${x} with ${g} grams in ` +
        `each and a jar of ${y} with ${c} grams?`,
      `A jar of ${y} and ${k} bags of ${x} are carried home by ${n}. The jar weighs ${c} grams, and each bag weighs ` +
        `${g} grams. {What do they weigh|How heavy are they} together, in kilograms and grams?`,
      `If one bag of ${x} weighs ${g} grams and a jar of ${y} weighs ${c} grams, how heavy are ${k} bags of ${x} and ` +
        `the jar {together|in all}, in kilograms and grams?`,
      `${ask} the weight in kilograms and grams of what ${n} buys: ${k} bags of ${x}, ${g} grams each, and a jar of ` +
        `${y}, ${c} grams.`,
      `How heavy is {all of this|all of it} in kilograms and grams? ${n} {has|buys} a jar of ${y} of ${c} grams and ` +
        `${k} bags of ${x} of ${g} grams each.`,
      `${n} wants to know the total weight in kilograms and grams. There are ${k} bags of ${x}, each of ${g} grams, ` +
        `and a jar of ${y} of ${c} grams.`,
      `The weight of a bag of ${x} is ${g} grams. ${n} {buys|carries|takes} ${k} of {them|these bags} and {also |}a ` +
        `jar of ${y} of ${c} grams. How many kilograms and grams is that {in all|in total|altogether}?`,
      `A jar of ${y} weighs ${c} grams, and a bag of ${x} weighs ${g} grams. {If|When} ${n} {buys|takes|carries} the ` +
        `jar and ${k} bags, how {heavy are they together|many kilograms and grams is that}?`,
      `{Today|One day}, ${n} {buys|brings} ${c} grams of ${y} in a jar and ${k} bags of ${x}. {Each|Every} bag ` +
        `{has|holds} ${g} grams. What is the {total|weight of it all} in kilograms and grams?`,
      `With ${g} grams of ${x} in each of ${k} bags and ${c} grams of ${y} in a jar, how many kilograms and grams ` +
        `does ${n} {have|carry} {in all|in total}?`,
      `In kilograms and grams, how heavy are ${k} bags of ${x} and a jar of ${y} together if the jar weighs ${c} ` +
        `grams and each bag weighs ${g} grams?`,
      `Please find the weight in kilograms and grams of a jar of ${y}, ${c} grams, and ${k} bags of ${x}, ${g} grams ` +
        `each, that ${n} {buys|carries}.`,
      `${n} {carries|takes home} ${k} bags of ${x} and a jar of ${y}. {Each|A} bag weighs ${g} grams, {and|while} ` +
        `the jar weighs ${c} grams. How many kilograms and grams {is that|is it} {in total|in all|together}?`,
      `What do ${k} bags of ${x} and {one|a} jar of ${y} weigh together, in kilograms and grams? {A bag|One bag} ` +
        `weighs ${g} grams and the jar ${c}.`,
      `If ${n} {puts|has} ${c} grams of ${y} in a jar and ${g} grams of ${x} in each of ${k} bags, {how many ` +
        `kilograms and grams is that in all|what is the total in kilograms and grams}?`,
      `There are ${g} grams of ${x} in {a|one} bag, and ${n} has ${k} such bags. ${capital(she)} also has a jar of ` +
        `${y} of ${c} grams. How many kilograms and grams {is that|does ${she} have} {in total|altogether}?`,
      `In a basket there is a jar of ${y}, which weighs ${c} grams. ${n} puts ${k} bags of ${x} into the basket, and ` +
        `one bag weighs ${g} grams. What is the total in kilograms and grams?`,
    ],
    ...withResult(
      `${opening}{Each|One} bag of ${x} weighs ${g} grams{, so|, and so} ${k} bags {weigh|come to} ` +
        `${k} * ${g} = ${bags} grams, {or|which is} ${heavy(kilos, grams)}. The jar of ${y} weighs ${c} grams. ` +
        `{We add the grams|Now we add the grams|Then we add the grams}: ${grams} + ${c} = ${grams + c}. ${text}` +
        `${so}, {all of this|all of it} weighs ${heavy(whole, rest)}{ in total| altogether|}.`,
      `${amount(whole, "kilogram")} ${amount(rest, "gram")}`,
    ),
  };
}

function dozens(random: Random): Instance | undefined {
  const [who, friend] = several(random, people, 2) as [(typeof people)[0], (typeof people)[0]];
  const [n, m, she] = [who.name, friend.name, who.she];
  const [thing, holder] = [pick(random, things), pick(random, holders)];
  const [a, b] = [integer(random, 2, 12), integer(random, 2, 40)];
  const first = a * 12;
  const all = first + b;
  const c = integer(random, 2, Math.min(99, all - 2));
  const left = all - c;
  return {
    values: [a, b, c],
    wordings: [
      `${n} buys ${a} dozen ${thing}, finds ${b} more at home, and {then |}gives ${c} to ${m}. How many ${thing} ` +
        `{are left|does ${she} have now}?`,
      `${n} {owns|has} ${a} dozen ${thing} in ${holder} and ${b} more at home. If ${m} {takes|gets} ${c} of all ` +
        `these, how many ${thing} does ${n} still have?`,
      `How many ${thing} does ${n} {keep|have left} if ${she} gives ${c} ${thing} to ${m} and had ${a} dozen and ` +
        `${b} more before?`,
      `After ${c} ${thing} were given to ${m}, how many ${thing} does ${n} have {left|now}? Before that, there were ` +
        `${a} dozen ${thing} and ${b} more.`,
      `If ${m} gets ${c} ${thing} from ${n}, who has ${a} dozen ${thing} and ${b} more, how many ${thing} {are ` +
        `left|does ${n} keep}?`,
      `${ask} how many ${thing} ${n} has in the end: there are ${a} dozen at first, then ${b} more, and ${m} ` +
        `{takes|gets} ${c} of them.`,
      `How many ${thing} are left? ${n} had ${a} dozen and {then |}${b} more, {but|and} ${c} were {given to|taken ` +
        `by} ${m}.`,
      `${n} wants to know how many ${thing} {are left|${she} still has}. There were ${b} in a {bag|box} and ${a} ` +
        `dozen in a basket, and ${m} {took|got} ${c} of {these|them}.`,
      `{Today|Yesterday}, ${m} {got|took} ${c} of the ${thing} of ${n}, who had ${b} and ${a} dozen more. How many ` +
        `{are left|does ${n} have now}?`,
      `There are ${a} dozen ${thing} in one box of ${n} and ${b} in another. {Then|Later}, ${c} are given to ${m}. ` +
        `How many ${thing} {remain|are left} in the two boxes?`,
      `To ${b} ${thing}, ${n} adds ${a} dozen {more |}from the market. ${m} {asks for|wants} ${c} and gets them. How ` +
        `many ${thing} does ${n} {keep|have then}?`,
      `${n} gives ${m} ${c} ${thing}. ${capital(she)} had ${a} dozen from the market and ${b} {from home|from a ` +
        `friend}. How many ${thing} {does ${she} have now|are left}?`,
      `With ${a} dozen ${thing} and ${b} {single ones|more}, how many {are left for ${n}|does ${n} still have} ` +
        `{once|after} ${m} has taken ${c}?`,
      `Please find out how many ${thing} ${n} keeps if ${c} go to ${m}: at first there are ${b}, and {then |}${a} ` +
        `dozen are added.`,
      `When ${n} {counts|looks}, there are ${b} ${thing} {and also|and} ${a} dozen more. ${m} is given ${c} of them. ` +
        `How many ${thing} {remain|are left|does ${n} have then}?`,
      `A gift of ${c} ${thing} goes from ${n} to ${m}. If ${n} {began|started} with ${a} dozen and ${b} more, how ` +
        `many ${thing} {are left|does ${she} still have}?`,
      `How many ${thing} {remain|are left} for ${n}, who had ${b} and {then |}${a} dozen more, when ${m} {takes|is ` +
        `given} ${c}?`,
      `${n} found ${b} ${thing}, and before that ${she} had ${a} dozen. ${capital(she)} gives ${c} of them {all |}to ` +
        `${m}. How many ${thing} are left?`,
      `${n} has ${b} ${thing} at home and buys ${a} dozen more. How many ${thing} are left after ${n} gives ${c} of ` +
        `all these to ${m}?`,
    ],
    ...withResult(
      `${opening}{A|One|Each} dozen is 12{, so|, and so} ${a} dozen ${thing} are ${a} * 12 = ${first}. ` +
        `${including} the other ${b}, ${total} ${first} + ${b} = ${all} ${thing}. ` +
        `${m} {gets|takes|receives} ${c} of them${leaves} ${all} - ${c} = ${left}. ` +
        `${so}, ${n} {has|still has} ${left} ${thing} {left|now|in the end}.`,
      left,
    ),
  };
}

function weeks(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const { does, done, what } = pick(random, habits);
  const [a, b, c, e] = [integer(random, 2, 5), integer(random, 2, 6), integer(random, 2, 9), integer(random, 5, 60)];
  const whole = a * 7;
  const span = whole + b;
  const part = span * c;
  const all = part + e;
  return {
    values: [a, b, c, e],
    wordings: [
      `${n} ${does} ${c} ${what} {a|every|each} day for ${a} weeks and ${b} days. Before that, ${she} had {already ` +
        `|}${done} ${e} ${what}. How many ${what} has ${she} ${done} {in total|in all|altogether}?`,
      `How many ${what} has ${n} ${done} {in total|in all} if ${she} ${does} ${c} ${what} {a|every} day for ${a} ` +
        `weeks and ${b} days and had ${done} ${e} before?`,
      `For ${a} weeks and ${b} days, ${c} ${what} are ${done} {each|every} day by ${n}, who had already ${done} ${e} ` +
        `${what}. What is the total number of ${what}?`,
      `${n} has ${done} ${e} ${what}. Now ${she} goes on for ${a} weeks and ${b} days, with ${c} ${what} ` +
        `{a|each|every} day. How many ${what} {is that|does that make} in all?`,
      `If ${e} ${what} are done and ${n} ${does} ${c} more {each|every} day, how many ${what} are done after ${a} ` +
        `weeks and ${b} days?`,
      `${ask} how many ${what} ${n} has ${done}. There were ${e} at first, and then ${c} ${what} {a|each|every} day ` +
        `for ${a} weeks and ${b} days.`,
      `How many ${what} has ${n} ${done} {in all|in total}? {First|At first} there were ${e}, and then ${c} ` +
        `{a|each|every} day for ${a} weeks and ${b} days.`,
      `${n} wants to know how many ${what} ${she} has ${done} {in all|in total}. It was ${c} {a|each|every} day for ` +
        `${a} weeks and ${b} days, and ${e} before that.`,
      `After ${a} weeks and ${b} days with ${c} ${what} {a|each|every} day, how many ${what} has ${n} ${done} in all ` +
        `if there were ${e} {before|at the start}?`,
      `{Before this|Before}, ${n} had ${done} ${e} ${what}. Then, for ${a} weeks and ${b} days, ${she} ${done} ${c} ` +
        `{more |}{each|every} day. How many ${what} {is that|does that make} in all?`,
      `In ${a} weeks and ${b} days, how many ${what} are there {in all|in total} if ${n} ${does} ${c} {a|each|every} ` +
        `day and had {already |}${done} ${e} before?`,
      `Every day for ${a} weeks and ${b} days, ${n} ${does} ${c} ${what}. ${capital(she)} {starts|started} with ${e} ` +
        `that were {already ${done}|${done} before}. How many ${what} are there in the end?`,
      `With ${e} ${what} already ${done}, ${n} ${does} ${c} more {a|each|every} day. How many ${what} has ${she} ` +
        `${done} {in total|in all} after ${a} weeks and ${b} days?`,
      `Please find the total number of ${what} that ${n} has ${done}: ${c} {a|each|every} day for ${a} weeks and ` +
        `${b} days, {added to|and also} ${e} from before.`,
      `At ${c} ${what} {a|per} day, ${n} works for ${a} weeks and ${b} days. If ${e} ${what} were ${done} before ` +
        `{that|this}, how many are ${done} {in all|altogether}?`,
      `If ${n} had ${done} ${e} ${what} and then goes on for ${a} weeks and ${b} days at ${c} {a|per} day, how many ` +
        `{are ${done}|${what} is that} in the end?`,
      `To the ${e} ${what} that were ${done} before, ${n} adds ${c} ${what} {a|each|every} day. This goes on for ` +
        `${a} weeks and ${b} days. What is the total number of ${what}{ in the end|}?`,
      `For ${a} weeks and ${b} days, ${n} is busy. There were ${e} ${what} ${done} at the start, and ${she} ${does} ` +
        `${c} {more |}{each|every} day. How many ${what} has ${she} ${done} {in total|altogether}?`,
      `Each day, ${n} ${does} ${c} ${what}, and ${she} goes on with this for ${a} weeks and ${b} days. How many ` +
        `${what} is that in total, with the ${e} that were ${done} before?`,
    ],
    ...withResult(
      `${opening}{A|One|Each} week has 7 days{, so|, and so} ${a} weeks {are|have|make} ${a} * 7 = ${whole} days. ` +
        `${including} the other ${b} days, ${total} ${whole} + ${b} = ${span} days. ` +
        `{Each|Every} day, ${n} ${does} ${c} ${what}${makes} ${span} * ${c} = ${part} ${what}. ` +
        `${including} the ${e} from before, ${total} ${part} + ${e} = ${all}. ` +
        `${so}, ${n} has ${done} ${all} ${what} {in total|in all|altogether}.`,
      all,
    ),
  };
}

function arrival(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [p, q] = several(random, towns, 2) as [string, string];
  const vehicle = pick(random, vehicles);
  const [h, m, d] = [integer(random, 5, 20), integer(random, 0, 59), integer(random, 10, 150)];
  const added = m + d;
  const over = Math.floor(added / 60);
  const taken = Array.from({ length: over }, (_, i) => {
    const before = added - 60 * i;
    return `${before} - 60 = ${before - 60}, and the hour goes from ${h + i} to ${h + i + 1}`;
  });
  const [start, end] = [clock(h, m), clock(h + over, added % 60)];
  const carry =
    over === 0
      ? `{This|That} is less than 60, so the hour {is still|stays} ${h}. `
      : `{An|One|Each} hour has 60 minutes, so {we take away|we subtract} 60: ${taken.join("; ")}. `;
  return {
    values: [h, m, d],
    wordings: [
      `A ${vehicle} leaves at ${start} and arrives ${d} minutes later. {When|At what time} does it arrive?`,
      `${n} takes the ${vehicle} at ${start}. The {ride|trip} takes ${d} minutes. {When|At what time} does ${she} ` +
        `arrive?`,
      `{When|At what time} does a ${vehicle} arrive that leaves the ${p} at ${start} and {needs|takes} ${d} minutes?`,
      `The {ride|trip} by ${vehicle} from the ${p} to the ${q} takes ${d} minutes. If it {begins|starts} at ` +
        `${start}, when does it end?`,
      `${ask} the time of arrival: the ${vehicle} {leaves|starts} at ${start} and {is on its way|runs} for ${d} ` +
        `minutes.`,
      `{When|At what time} does the ${vehicle} arrive? It {leaves|starts} at ${start} and {needs|takes} ${d} minutes.`,
      `${n} wants to know when the ${vehicle} {arrives|will arrive|will be at the ${q}}. It {leaves|starts} at ` +
        `${start}, and the {ride|trip} takes ${d} minutes.`,
      `The ${vehicle} {needs|takes} ${d} minutes from the ${p} to the ${q}. {Today|This time}, it {leaves|starts} at ` +
        `${start}. {When|At what time} does it {arrive|get there}?`,
      `With a start at ${start} and ${d} minutes {on the way|for the trip}, {when|at what time} does the ${vehicle} ` +
        `of ${n} {arrive|get to the ${q}}?`,
      `After ${d} minutes on the way, a ${vehicle} that left the ${p} at ${start} {arrives|comes to the ${q}}. {What ` +
        `time is it then|At what time is that}?`,
      `If ${n} {takes|gets on} the ${vehicle} at ${start} and is {on it|on the way} for ${d} minutes, {when|at what ` +
        `time} does ${she} {arrive|get off}?`,
      `A trip of ${d} minutes by ${vehicle} {starts|begins} at ${start}. What time is it {when it is over|at the end}?`,
      `Please find out when ${n} gets to the ${q}: the ${vehicle} needs ${d} minutes, and it {leaves|starts} at ` +
        `${start}.`,
      `At ${start}, a ${vehicle} {leaves|starts} from the ${p}, and ${d} minutes later it is at the ${q}. {When|At ` +
        `what time} does it get there?`,
      `The {ride|trip} of ${n} takes ${d} minutes. {When|At what time} will the ${vehicle} {arrive|be at the ${q}} ` +
        `if it leaves {the ${p} |}at ${start}?`,
      `${n} {is|sits} in a ${vehicle} for ${d} minutes. It {left|started} at ${start}. What is the time when ${she} ` +
        `{arrives|gets off}?`,
      `What is the time of arrival of a ${vehicle} {which|that} {runs|is on its way} for ${d} minutes and ` +
        `{leaves|starts} at ${start}?`,
      `Since the ${vehicle} {leaves|starts from} the ${p} at ${start} and {needs|takes} ${d} minutes, {when|at what ` +
        `time} will ${n} be at the ${q}?`,
      `It is ${start}, and ${n} leaves the ${p} by ${vehicle}. The ${vehicle} takes ${d} minutes to the ${q}. At ` +
        `what time does the trip end?`,
    ],
    ...withResult(
      `${opening}The ${vehicle} {leaves|starts} at ${start} and {needs|takes} ${d} minutes. ` +
        `{We add the minutes|First, we add the minutes}: ${m} + ${d} = ${added}. ${carry}` +
        `{The minutes are now|Now the minutes are} ${added % 60}. ` +
        `${so}, the ${vehicle} {arrives|gets there} at ${end}.`,
      end,
    ),
  };
}

function between(random: Random): Instance | undefined {
  const { name: n } = pick(random, people);
  const event = pick(random, events);
  const [h, m] = [integer(random, 7, 19), integer(random, 5, 58)];
  const [later, late] = [h + integer(random, 1, 4), integer(random, 2, 59)];
  const [start, end] = [clock(h, m), clock(later, late)];
  const [next, last] = [clock(h + 1, 0), clock(later, 0)];
  const first = 60 - m;
  const whole = later - h - 1;
  const most = first + whole * 60;
  const all = most + late;
  const middle =
    whole === 0
      ? ""
      : `From ${next} to ${last}, it is ${amount(whole, "hour")}, or ${whole} * 60 = ${whole * 60} minutes${makes} ` +
        `${first} + ${whole * 60} = ${most}. `;
  return {
    values: [h, m, later, late],
    wordings: [
      `A ${event} {starts|begins} at ${start} and ends at ${end}. How many minutes does it {last|take}?`,
      `How many minutes long is a ${event} that {starts|begins} at ${start} and {ends|is over} at ${end}?`,
      `${n} goes to a ${event} that {lasts|runs} from ${start} to ${end}. How long is it, in minutes?`,
      `If a ${event} was over at ${end} and {started|began} at ${start}, how many minutes did it {last|take}?`,
      `${ask} the length of a ${event} in minutes. It {starts|begins} at ${start}, and the end is at ${end}.`,
      `How many minutes does {a|the} ${event} {last|take}? It {starts|begins} at ${start} and {ends|is over} at ` +
        `${end}.`,
      `The end of a ${event} is at ${end}, and the {start|beginning} was at ${start}. {How many minutes did it ` +
        `last|What was its length in minutes}?`,
      `${n} wants to know how many minutes a ${event} {lasts|takes}. It {is over|ends} at ${end} and {starts|begins} ` +
        `at ${start}.`,
      `A ${event} keeps ${n} busy from ${start} to ${end}. How many minutes does it {last|take}?`,
      `A ${event} ended at ${end}. It had {started|begun} at ${start}. {For how many minutes did it go on|How long ` +
        `was it in minutes}?`,
      `Between the start of a ${event} at ${start} and its end at ${end}, how many minutes {are there|pass}?`,
      `If ${n} comes to a ${event} when it {starts|begins}, at ${start}, and {leaves|goes} when it ends, at ${end}, ` +
        `how many minutes {is that|is ${n} there}?`,
      `Please find out how many minutes {pass|there are} from ${start}, when a ${event} {starts|begins}, to ${end}, ` +
        `when it {ends|is over}.`,
      `What is the length in minutes of a ${event} that {ends|is over} at ${end} if it {starts|begins} at ${start}?`,
      `Until ${end}, ${n} {stays|is} at a ${event} that {started|began} at ${start}. How many minutes {long is ` +
        `this|does ${n} spend there|is that}, from the start to the end?`,
      `The ${event} that ${n} {likes|wants to see} runs until ${end}. It {starts|begins} at ${start}. How many ` +
        `minutes does it {last|take}?`,
      `In minutes, how long does a ${event} last {from ${start} to ${end}|if it runs from ${start} to ${end}|that is ` +
        `over at ${end} and begins at ${start}}?`,
      `At ${start} a ${event} begins, and the time is ${end} when it is over. How many minutes long is it?`,
    ],
    ...withResult(
      `${opening}The ${event} {starts|begins} at ${start} and {ends|is over} at ${end}. ` +
        `From ${start} to ${next}, {it is|there are|we count} 60 - ${m} = ${first} minutes. ${middle}` +
        `From ${last} to ${end}, {it is|there are|we count} ${late} minutes${makes} ${most} + ${late} = ${all}. ` +
        `${so}, the ${event} {lasts|takes} ${all} minutes{ in total| in all|}.`,
      all,
    ),
  };
}

function longer(random: Random): Instance | undefined {
  const [n, m] = several(random, names, 2) as [string, string];
  const cord = pick(random, cords);
  const [a, b, gap] = [integer(random, 2, 9), integer(random, 5, 95), integer(random, 2, 60)];
  const whole = a * 100;
  const mine = whole + b;
  const theirs = pick(random, [mine - gap, mine + gap]);
  const [most, least] = [Math.max(mine, theirs), Math.min(mine, theirs)];
  const winner = mine > theirs ? n : m;
  const long = `${a} meters and ${b} centimeters`;
  return {
    values: [a, b, theirs],
    wordings: [
      `The ${cord} of ${n} is ${long} long. The ${cord} of ${m} is ${theirs} centimeters long. Whose ${cord} is ` +
        `longer, and by how many centimeters?`,
      `${n} has a ${cord} of ${long}, and ${m} has one of ${theirs} centimeters. Who has the longer ${cord}, and ` +
        `{how many centimeters longer is it|by how many centimeters}?`,
      `Who has the longer ${cord}, ${n} with ${long} or ${m} with ${theirs} centimeters, and what is the difference ` +
        `in centimeters?`,
      `If the ${cord} of ${m} measures ${theirs} centimeters and {that|the one} of ${n} measures ${long}, which {of ` +
        `the two |}is longer, and by how many centimeters?`,
      `{Compare|Look at} two ${cord}s: ${n} has one of ${long}, and ${m} has one of ${theirs} centimeters. Tell me ` +
        `whose ${cord} is longer and by how many centimeters.`,
      `Who has the longer ${cord}, and by how many centimeters? ${n} has one of ${long}, and ${m} has one of ` +
        `${theirs} centimeters.`,
      `${n} and ${m} want to know whose ${cord} is longer and by how many centimeters. That of ${m} {is|measures} ` +
        `${theirs} centimeters, and that of ${n} {is|measures} ${long}.`,
      `${m} has ${theirs} centimeters of ${cord}, and ${n} has ${long}. Who has more, and {by how many ` +
        `centimeters|how many centimeters more is it}?`,
      `Whose ${cord} is longer, {the one of ${m}|that of ${m}} with ${theirs} centimeters or {the one of ${n}|that ` +
        `of ${n}} with ${long}, and by how many centimeters?`,
      `{Today|One day}, ${m} {measures|finds} a ${cord} of ${theirs} centimeters, and ${n} {measures|finds} one of ` +
        `${long}. Which of the two is longer, and what is the difference in centimeters?`,
      `What is the difference in centimeters, and who has more, {if|when} ${n} has ${long} of ${cord} and ${m} has ` +
        `${theirs} centimeters?`,
      `With a ${cord} of ${long} for ${n} and {a ${cord}|one} of ${theirs} centimeters for ${m}, who has the longer ` +
        `one, and by how many centimeters?`,
      `Please find out who has the longer ${cord} and by how many centimeters: ${m} has {one of |}${theirs} ` +
        `centimeters, and ${n} has {one of |}${long}.`,
      `The ${cord} that belongs to ${m} is ${theirs} centimeters long, {while|and} ${n} has a ${cord} of ${long}. ` +
        `{Tell me|Find out|Work out} whose is longer and by how many centimeters.`,
      `If ${n} {cuts|buys} a ${cord} of ${long} and ${m} {cuts|buys} one of ${theirs} centimeters, whose is longer, ` +
        `and {by how many centimeters|what is the difference in centimeters}?`,
      `Two friends, ${m} and ${n}, {have|compare} ${cord}s. The first friend, ${m}, has ${theirs} centimeters, and ` +
        `${n} has ${long}. {Who has more|Whose is longer}, and by how many centimeters?`,
      `There is a difference in centimeters between the ${cord} of ${n}, which {is|measures} ${long}, and the one of ` +
        `${m}, which {is|measures} ${theirs} centimeters. {How large is it|What is it}, and whose is longer?`,
      `Of two ${cord}s, the one of ${m} is ${theirs} centimeters long, and the one of ${n} is ${long} long. By how ` +
        `many centimeters is the longer one longer, and who has it?`,
    ],
    ...withResult(
      `${opening}{A|One|Each} meter is 100 centimeters{, so|, and so} ${a} meters {are|make} ` +
        `${a} * 100 = ${whole} centimeters. ${including} the other ${b}, the ${cord} of ${n} {is|measures} ` +
        `${whole} + ${b} = ${mine} centimeters. The ${cord} of ${m} {is|measures} ${theirs} centimeters. ` +
        `{Of ${mine} and ${theirs}|Between ${mine} and ${theirs}}, ${most} is {larger|more}, and the difference is ` +
        `${most} - ${least} = ${gap}. ${so}, the ${cord} of ${winner} is longer by ${gap} centimeters.`,
      `${winner} by ${gap} centimeters`,
    ),
  };
}

const stories = { minutes, hours, walk, weight, dozens, weeks, arrival, between, longer };

/** Conversions of units. The result is a number, a time such as `9:05`, or a phrase such as `2 hours 15 minutes`. */
export const units: Family = {
  name: "units",
  stories: Object.entries(stories).map(([name, draw]) => ({ name, draw })),
  kinds: [
    names,
    things,
    holders,
    towns,
    pastimes,
    vehicles,
    events,
    dry,
    jars,
    cords,
    habits.map(({ does }) => does),
    habits.map(({ done }) => done),
    habits.map(({ what }) => what),
  ],
};
