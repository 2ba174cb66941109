/** Word problems with two to five steps of arithmetic on small whole numbers. */
import { animals, days, goods, holders, names, opening, people, plants, so, sum, then, things } from "../lexicon.ts";
import { type Family, type Instance, integer, pick, type Random, several, withResult } from "../problem.ts";
import { ask, capital, including, leaves, makes, total } from "../steps.ts";

const vehicles = ["bus", "train", "boat", "tram"];
const dishes = {
  soup: ["carrots", "onions", "beans"],
  salad: ["carrots", "apples", "eggs"],
  cake: ["eggs", "apples", "nuts"],
};
const eaters = animals.filter((animal) => ["horse", "rabbit", "goat", "duck"].includes(animal));
const venues = ["zoo", "fair", "pool", "show"];
const twice = { 2: "twice", 3: "three times" } as const;

/** Two days of a week, the earlier one first. */
function twoDays(random: Random): readonly [string, string] {
  const [x, y] = several(random, [...days.keys()], 2) as [number, number];
  return [days[Math.min(x, y)] as string, days[Math.max(x, y)] as string];
}

function boxes(random: Random): Instance | undefined {
  const [who, friend] = several(random, people, 2) as [(typeof people)[0], (typeof people)[0]];
  const [n, m, she] = [who.name, friend.name, who.she];
  const [thing, holder] = [pick(random, things), pick(random, holders)];
  const [a, b] = [integer(random, 2, 9), integer(random, 3, 12)];
  const all = a * b;
  const c = integer(random, 2, all - 2);
  const left = all - c;
  return {
    values: [a, b, c],
    wordings: [
      `${n} has ${a} ${holder} with ${b} ${thing} in each{ of them|}. {Then ${she}|Today ${she}|${n}} gives ${c} ` +
        `${thing} to ${m}. How many ${thing} {are left|does ${n} have left|does ${she} still have}?`,
      `There are ${b} ${thing} in each of the ${a} ${holder} that {belong to ${n}|${n} owns}. ${m} {gets|takes} ${c} ` +
        `of {the|these} ${thing}. How many ${thing} {does ${n} still have|are left}?`,
      `How many ${thing} does ${n} keep if ${she} has ${a} ${holder} of ${b} ${thing} each and gives ${c} {of the ` +
        `${thing}|${thing}} to ${m}?`,
      `{Today|Yesterday}, ${c} ${thing} were given to ${m} by ${n}, who had ${a} ${holder} with ${b} ${thing} in ` +
        `each. How many ${thing} does ${n} have {now|left}?`,
      `If ${n} fills ${a} ${holder} with ${b} ${thing} each and {then|later} gives ${c} ${thing} to ${m}, how many ` +
        `${thing} {remain|are left|does ${n} still have}?`,
      `${ask} how many ${thing} ${n} has left. ${capital(she)} {owns|has} ${a} ${holder}, each with ${b} ${thing}, ` +
        `and ${m} takes ${c} ${thing}.`,
      `${n} wants to know how many ${thing} {are left|there are now|${she} still has}. There were ${a} ${holder} of ` +
        `${b} ${thing}, and ${m} {took|got} ${c} ${thing}.`,
      `${n} {puts|has} ${a} ${holder} on the table. {Each of them|Every one of them} {holds|has|contains} ${b} ` +
        `${thing}. {A friend, ${m}, takes|${m} comes and takes} ${c} ${thing} {out|away}. How many ${thing} are left ` +
        `{there|on the table|for ${n}}?`,
      `After giving ${c} ${thing} to ${m}, ${n} {counted|looked at} {the rest|what was left}. {At first|Before}, ` +
        `there were ${b} ${thing} in {each|every one} of ${a} ${holder}. How many ${thing} {did ${n} find|were left}?`,
      `With ${b} ${thing} in each of ${a} ${holder}, {how many does ${n} have left|how many are left for ${n}} ` +
        `{after|once} ${m} {has taken|has received} ${c}?`,
      `${n} has ${b} ${thing} in every {one|single one} of ${a} ${holder}. ${m} asks for ${c} ${thing} and gets ` +
        `them. How many ${thing} does ${n} {keep|have after that}?`,
      `How many ${thing} {remain|are left} for ${n} when ${m} {takes|is given} ${c} from ${a} ${holder} that ` +
        `{hold|contain} ${b} {each|${thing} each}?`,
      `{Since|Because} ${m} {needs|likes} ${thing}, ${n} gave ${m} ${c} of them. ${n} had ${a} ${holder}, and every ` +
        `one {held|had} ${b}. How many ${thing} {did ${n} keep|were left}?`,
      `The ${thing} of ${n} are in ${a} ${holder}, ${b} in each. {If|When} ${m} {takes|gets|receives} ${c} of them, ` +
        `how many {are left|does ${n} have}?`,
      `${n} has ${a} {full |}${holder} and {gives|wants to give} ${m} ${c} ${thing}. Each of the ${holder} ` +
        `{holds|contains|has} ${b} ${thing}. How many ${thing} will ${n} {have then|keep}?`,
      `Please count the ${thing} that {are left for ${n}|${n} keeps}: ${b} were in each of {the |}${a} ${holder}, ` +
        `and ${c} went to ${m}.`,
      `When ${n} opens ${a} ${holder}, ${she} finds ${b} ${thing} in each. ${m} is given ${c} of {these|them}. {What ` +
        `number of|How many} ${thing} {does that leave for ${n}|does ${n} have then}?`,
      `How many ${thing} are left? ${n} had ${b} in each of ${a} ${holder}, {but|and} ${c} were {given to|taken by} ` +
        `${m}.`,
      `A gift of ${c} ${thing} goes from ${n} to ${m}. If ${n} {began|started} with ${b} ${thing} in each of ${a} ` +
        `${holder}, how many {are left|does ${she} still have}?`,
      `${m} gets ${c} ${thing} from ${n}. Before that, ${n} had ${a} ${holder}, and in each of them there were ${b} ` +
        `${thing}. How many ${thing} does ${n} have now?`,
    ],
    ...withResult(
      `${opening}{At first|At the start|In the beginning}, ${n} has ${a} ${holder} with ${b} ${thing} in each. ` +
        `${sum}, ${total} ${a} * ${b} = ${all} ${thing}. ` +
        `${then}, ${m} {gets|takes|receives} ${c} of them${leaves} ${all} - ${c} = ${left}. ` +
        `${so}, ${n} {has|still has} ${left} ${thing} {left|now|in the end}.`,
      left,
    ),
  };
}

function shop(random: Random): Instance | undefined {
  const { name: n, she, her } = pick(random, people);
  const [x, y] = several(random, goods, 2) as [string, string];
  const [a, b, c] = [integer(random, 2, 12), integer(random, 2, 30), integer(random, 2, 9)];
  const cost = c * a;
  const both = cost + b;
  const purse = (Math.ceil(both / 10) + integer(random, 0, 4)) * 10;
  const left = purse - both;
  if (left < 2) return undefined;
  return {
    values: [a, b, c, purse],
    wordings: [
      `${n} has ${purse} coins and buys ${c} ${x}s and {a|one} ${y}. {A|Each} ${x} costs ${a} coins, and {a|the} ` +
        `${y} costs ${b} coins. How many coins {are left|does ${she} have left}?`,
      `A ${x} costs ${a} coins, and a ${y} costs ${b} coins. ${n} takes ${purse} coins to the {shop|market} and buys ` +
        `${c} ${x}s and one ${y}. How many coins does ${she} {bring|take} home?`,
      `How many coins does ${n} have left after buying ${c} ${x}s for ${a} coins each and {one|a} ${y} for ${b} ` +
        `coins, if ${she} had ${purse} coins {at first|before}?`,
      `{In the shop|At the market}, ${c} ${x}s for ${a} coins each and {one|a} ${y} for ${b} coins are bought by ` +
        `${n}, who came with ${purse} coins. How many coins {are left|does ${she} still have}?`,
      `If ${n} buys {one|a} ${y} for ${b} coins and ${c} ${x}s for ${a} coins each, how many of ${her} ${purse} ` +
        `coins {are left|remain|does ${she} keep}?`,
      `${ask} how many coins ${n} gets back. ${capital(she)} pays with ${purse} coins for ${c} ${x}s{, which cost ` +
        `${a} coins each,| at ${a} coins each} and a ${y} {that costs|for} ${b} coins.`,
      `{A single|One} ${y} costs ${b} coins, {while|and} {a|one} ${x} costs ${a} coins. How many coins are left for ` +
        `${n} if ${she} {buys|takes} the ${y} and ${c} ${x}s and has ${purse} coins?`,
      `${n} wants to know how many coins will {be left|remain}. ${capital(she)} has ${purse} coins and {is ` +
        `going|wants} to buy {a|one} ${y} for ${b} coins and ${c} ${x}s for ${a} coins each.`,
      `The price {of|for} {a|one} ${x} is ${a} coins. ${n} buys ${c} of them and also {a|one} ${y}{, which costs| ` +
        `for} ${b} coins. ${capital(she)} {pays with|gives} ${purse} coins. How many coins {does ${she} get back|are ` +
        `left}?`,
      `From a {bag|box|jar} of ${purse} coins, ${n} pays ${b} coins for a ${y} and then ${a} coins for each of ${c} ` +
        `${x}s. How many coins {remain in it|are left in it|are left for ${n}}?`,
      `${n} buys ${c} ${x}s and {a|one} ${y}. The ${y} costs ${b} coins, {and|while} the ${x}s cost ${a} coins each. ` +
        `{From|Out of} ${purse} coins, how many {are left|remain|does ${she} keep}?`,
      `What {is left|remains} of the ${purse} coins of ${n} after ${she} {pays for|buys} ${c} ${x}s, ${a} coins ` +
        `each, and {a|one} ${y}, ${b} coins?`,
      `How many coins are left? ${n} had ${purse}{, then paid| and paid} ${b} for {a|one} ${y} and ${a} for each of ` +
        `${c} ${x}s.`,
      `In a shop where {a|one} ${x} costs ${a} coins and {a|one} ${y} ${b} coins, ${n} {buys|takes} ${c} ${x}s and ` +
        `one ${y}. If ${she} came with ${purse} coins, how many {are left|does ${she} have now}?`,
      `After paying for {a|one} ${y} and ${c} ${x}s, ${n} {counts|looks at} the coins that are left. There were ` +
        `${purse} at first, the ${y} {cost|took} ${b}, and each ${x} {cost|took} ${a}. How many coins {does ${she} ` +
        `find|are there now}?`,
      `Please find out how many of ${purse} coins {are left|remain} when ${n} buys {a|one} ${y} at ${b} coins and ` +
        `${c} ${x}s at ${a} coins each.`,
      `${n} needs ${c} ${x}s and {a|one} ${y}. With ${purse} coins, ${she} goes to the {shop|market}, where a ${x} ` +
        `is ${a} coins and a ${y} is ${b} coins, and gets all of this. How many coins are left after {this|that}?`,
      `There are ${purse} coins in the bag of ${n}. {First|Today}, ${she} spends ${b} coins on a ${y}. {Then|After ` +
        `that}, ${she} buys ${c} ${x}s and pays ${a} coins for each. How many coins are {still there|left}?`,
      `${n} comes to the market with ${purse} coins. The ${y} that ${she} buys there costs ${b} coins, and ${she} ` +
        `takes ${c} ${x}s, each for ${a} coins. How many coins does ${n} have after that?`,
    ],
    ...withResult(
      `${opening}{Each|One|A single} ${x} costs ${a} coins{, so|, and so} ${c} ${x}s {cost|come to|are} ` +
        `${c} * ${a} = ${cost} coins. {The ${y} costs|The price of the ${y} is|For the ${y}, ${n} pays} ${b} ` +
        `coins${makes} ${cost} + ${b} = ${both} coins. ${n} {had|started with|came with} ${purse} coins${leaves} ` +
        `${purse} - ${both} = ${left}. ${so}, ${n} {has|still has} ${left} coins {left|now|in the end}.`,
      left,
    ),
  };
}

function savings(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const good = pick(random, goods);
  const [a, b, c, d] = [integer(random, 5, 80), integer(random, 2, 12), integer(random, 2, 9), integer(random, 2, 60)];
  const saved = c * b;
  const all = a + saved;
  const left = all - d;
  if (left < 2) return undefined;
  return {
    values: [a, b, c, d],
    wordings: [
      `${n} has ${a} coins and saves ${b} coins {a|every|each} day. After ${c} days, ${she} buys a ${good} {for|that ` +
        `costs} ${d} coins. How many coins {are left|does ${she} have then}?`,
      `{Every|Each} day, ${n} puts ${b} coins into a {box|jar|bag}. At first, it had ${a} coins in it. After ${c} ` +
        `days, ${n} takes out ${d} coins {for|to buy} a ${good}. How many coins {remain|are left} in it?`,
      `How many coins does ${n} have left after ${c} days if ${she} {starts|begins} with ${a} coins, saves ${b} ` +
        `coins {a|each|every} day and {then|at the end} spends ${d} coins on a ${good}?`,
      `A ${good} for ${d} coins is bought by ${n} after ${c} days of saving ${b} coins {a|every|each} day. {At the ` +
        `start|At first|Before that}, ${she} had ${a} coins. How many coins {are left|remain}?`,
      `If ${n} {earns|gets|saves} ${b} coins {a|each|every} day for ${c} days, {already had|had} ${a} coins before, ` +
        `and then buys a ${good} for ${d} coins, how many coins {are left|does ${she} still have}?`,
      `${ask} how many coins ${n} has {in the end|left}. ${capital(she)} starts with ${a} coins, saves for ${c} ` +
        `days, ${b} coins {a|each|every} day, and buys a ${good} for ${d} coins.`,
      `${n} saves ${b} coins {a|each|every} day for ${c} days. ${capital(she)} already had ${a} coins. {Then|Now} ` +
        `${she} {pays ${d} coins for|spends ${d} coins on} a ${good}. How many coins {are left|remain|does ${n} have ` +
        `now}?`,
      `For ${c} days, ${n} {gets|earns|saves} ${b} coins {a|each|every} day, and after that ${she} pays ${d} coins ` +
        `for a ${good}. How many coins does ${she} have {left|now} if there were ${a} at the start?`,
      `${n} wants to buy a ${good} {for|that costs} ${d} coins. ${capital(she)} has ${a} coins and saves ${b} more ` +
        `{a|each|every} day. {If|When} ${she} buys it after ${c} days, how many coins {are left|will be left}?`,
      `Each day, ${b} coins are {saved|put away} by ${n}, who {began|started} with ${a} coins. How many coins {are ` +
        `left|remain} when a ${good} is bought for ${d} coins after ${c} days?`,
      `After paying ${d} coins for a ${good}, how many coins does ${n} {still have|have left}? {Before that|Before}, ` +
        `${she} saved ${b} coins {a|each|every} day for ${c} days, and ${she} had ${a} coins {at first|at the start}.`,
      `${n} has a {jar|box|bag} with ${a} coins. {It gets|${n} adds} ${b} coins {a|each|every} day for ${c} days, ` +
        `and then ${d} coins are taken out {for|to buy} a ${good}. How many coins are {in it|left} now?`,
      `How many coins are left? ${n} had ${a}, {then |}saved ${b} {a|each|every} day for ${c} days, and paid ${d} ` +
        `for a ${good}.`,
      `With ${a} coins at the start and ${b} more {each|every} day, ${n} saves for ${c} days and then buys a ${good} ` +
        `for ${d} coins. {What number of coins is left|How many coins are left|How many coins does ${she} have now}?`,
      `It takes ${n} ${c} days of saving before ${she} buys a ${good}. ${capital(she)} saves ${b} coins ` +
        `{a|each|every} day and has ${a} coins from before, and the ${good} costs ${d} coins. How many coins are ` +
        `left {in the end|after that}?`,
      `${n} wants to know how many coins will be left after buying a ${good} for ${d} coins in ${c} days. ` +
        `{Now|Today} ${she} has ${a} coins, and {each|every} day ${she} gets ${b} more.`,
      `Please {find out|work out} how many coins ${n} {has left|keeps}: there are ${a} at first and ${b} more on ` +
        `each of ${c} days, and then ${d} coins are {paid for|spent on} a ${good}.`,
      `Suppose ${n} saves for ${c} days, ${b} coins {a|each|every} day, and has ${a} coins from before. How many ` +
        `coins {are left|remain} {once|when} a ${good} for ${d} coins is bought?`,
      `A ${good} costs ${d} coins. ${n} has ${a} coins and saves for ${c} days before buying it. How many coins does ` +
        `${she} have after that if each day brings ${b} coins?`,
    ],
    ...withResult(
      `${opening}${n} {saves|puts away|adds} ${b} coins {a day|each day|every day}. ` +
        `{In|Over|During} ${c} days, {that is|that makes} ${c} * ${b} = ${saved} coins. ` +
        `${including} the ${a} coins {from before|from the start}, ${total} ${a} + ${saved} = ${all} coins. ` +
        `The ${good} costs ${d} coins${leaves} ${all} - ${d} = ${left}. ` +
        `${so}, ${n} {has|still has} ${left} coins {left|now|in the end}.`,
      left,
    ),
  };
}

function reading(random: Random): Instance | undefined {
  const { name: n, she, her } = pick(random, people);
  const [d, e] = twoDays(random);
  const k = pick(random, [2, 3] as const);
  const a = integer(random, 4, 40);
  const b = k * a;
  const read = a + b;
  const t = integer(random, read + 2, Math.max(200, read + 100));
  const left = t - read;
  return {
    values: [a, k, t],
    wordings: [
      `A book has ${t} pages. ${n} reads ${a} pages on ${d} and ${twice[k]} as many {pages |}on ${e}. How many pages ` +
        `{are left|are still to be read}?`,
      `On ${d}, ${n} reads ${a} pages of a book. On ${e}, ${she} reads ${twice[k]} as many. If the {book|whole book} ` +
        `has ${t} pages, how many pages {are left|does ${she} still have to read}?`,
      `How many pages {are left|remain} in a book of ${t} pages if ${n} reads ${a} of them on ${d} and ${twice[k]} ` +
        `as many on ${e}?`,
      `In a book of ${t} pages, ${a} {pages |}were read by ${n} on ${d}, and ${twice[k]} as many were read on ${e}. ` +
        `How many pages {are left|remain}?`,
      `If ${n} reads ${a} pages on ${d} and ${twice[k]} that number on ${e}, how many of the ${t} pages in ${her} ` +
        `book {are left|remain}?`,
      `${ask} how many pages ${n} {still has|has} to read. The book has ${t} pages, ${she} read ${a} on ${d}, and on ` +
        `${e} ${she} read ${twice[k]} as many.`,
      `${n} wants to know how many pages ${she} {still has|has} to read. ${capital(she)} read ${a} pages on ${d}, on ` +
        `${e} {it was |}${twice[k]} as many, and the book has ${t} pages.`,
      `The book that ${n} {reads|has} is ${t} pages long. After ${a} pages on ${d} and ${twice[k]} as many on ${e}, ` +
        `how many pages {are left|remain|does ${she} still have to read}?`,
      `How many pages are left? ${n} has read ${a} pages on ${d} and ${twice[k]} as many on ${e}, and there are ${t} ` +
        `{pages |}in the {whole |}book.`,
      `On ${d}, ${a} pages of a book are read by ${n}; on ${e}, it is ${twice[k]} as many. Of the ${t} pages, how ` +
        `many {are left|remain|are still to be read}?`,
      `Of the ${t} pages of {a|${her}} book, ${n} reads ${a} on ${d}. On ${e}, {the number is ${twice[k]} as ` +
        `large|${she} reads ${twice[k]} as many}. How many pages {are left|does this leave}?`,
      `If a book has ${t} pages and ${n} reads ${a} {of them |}on ${d} and {then |}${twice[k]} as many on ${e}, how ` +
        `many pages {are left|does ${she} have left}?`,
      `${n} {finishes|reads} ${a} pages on ${d}, and ${e} is a {better|good} day, with ${twice[k]} as many. How many ` +
        `pages {are left|remain} if the book has ${t}?`,
      `Please find out how many pages are left for ${n} in a book of ${t} pages: ${a} were read on ${d}, and ` +
        `${twice[k]} that number on ${e}.`,
      `${n} reads on two days. On ${e}, ${she} reads ${twice[k]} as many pages as the ${a} of ${d}. How many of the ` +
        `${t} pages in the book {are left|remain}?`,
      `After reading ${a} pages on ${d} and ${twice[k]} as many on ${e}, ${n} {wants to finish|goes on with} a book ` +
        `{of|with} ${t} pages. How many pages {are left|are left to read|remain}?`,
      `There are ${t} pages in the book of ${n}. ${capital(she)} {began|started} on ${d} with ${a} pages, and on ` +
        `${e} there were ${twice[k]} as many. How many pages are {left|still to be read}?`,
      `How many pages does ${n} {still have|have} to read after ${e}? On that day ${she} reads ${twice[k]} as many ` +
        `as on ${d}, when ${she} reads ${a}. The book has ${t} pages.`,
      `${n} has a book with ${t} pages. On ${e}, ${she} read ${twice[k]} as many pages as on ${d}, and on ${d} ` +
        `${she} read ${a}. How many pages does ${she} still have to read?`,
    ],
    ...withResult(
      `${opening}On ${d}, ${n} {reads|gets through|finishes} ${a} pages. On ${e}, ${she} reads ${twice[k]} as ` +
        `many{, which is|, so that is|, which makes} ${k} * ${a} = ${b} pages. ` +
        `{On both days|On the two days}{ together|}, ${total} ${a} + ${b} = ${read} pages. ` +
        `The {book|whole book} has ${t} pages${leaves} ${t} - ${read} = ${left}. ` +
        `${so}, ${left} pages {are left|remain|are still to be read}.`,
      left,
    ),
  };
}

function sharing(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [d, e] = twoDays(random);
  const thing = pick(random, things);
  const [c, each, k] = [integer(random, 2, 9), integer(random, 2, 12), integer(random, 2, 20)];
  const rest = c * each;
  const all = rest + k;
  const a = integer(random, 2, all - 2);
  const b = all - a;
  return {
    values: [a, b, k, c],
    wordings: [
      `${n} finds ${a} ${thing} on ${d} and ${b} ${thing} on ${e}. ${capital(she)} keeps ${k} {of them |}and shares ` +
        `the rest {equally|evenly} among ${c} friends. How many ${thing} does each friend get?`,
      `On ${d}, ${n} gets ${a} ${thing}, and on ${e} ${she} gets {another ${b}|${b} more}. ${capital(she)} puts ${k} ` +
        `${thing} away, and ${c} friends share the rest {equally|evenly}. How many ${thing} does each {friend|of ` +
        `them} get?`,
      `How many ${thing} does each of ${c} friends {get|receive} if ${n} finds ${a} ${thing} on ${d} and ${b} on ` +
        `${e}, keeps ${k}, and shares the {rest|others} {equally|evenly} among these friends?`,
      `On ${d}, ${a} ${thing} were found by ${n}, and on ${e} ${b} more were found. All but ${k} of the ${thing} ` +
        `were {shared|divided} {equally|evenly} among ${c} friends. How many ${thing} did each friend get?`,
      `If ${n} has ${a} ${thing} from ${d} and ${b} ${thing} from ${e}, keeps ${k} of them, and {shares|divides} the ` +
        `rest {equally|evenly} among ${c} friends, how many ${thing} does each friend {get|receive}?`,
      `${ask} how many ${thing} each of ${c} friends gets. ${n} {finds|found} ${a} ${thing} on ${d} and ${b} on ` +
        `${e}, and all of them except ${k} are shared {equally|evenly} among the friends.`,
      `${n} wants to share with ${c} friends. ${capital(she)} {finds|gets} ${a} ${thing} on ${d} and ${b} more on ` +
        `${e}, and {keeps|puts away} ${k} of them. The rest is {shared|divided} {equally|evenly}. How many ${thing} ` +
        `does each friend get?`,
      `Among ${c} friends, ${n} {shares|divides} {equally|evenly} what is left of ${a} ${thing} from ${d} and ${b} ` +
        `from ${e} after {keeping|putting away} ${k}. How many ${thing} does {each|every} friend {get|receive}?`,
      `${n} {keeps|puts away} ${k} ${thing} and shares all the others {equally|evenly} among ${c} friends. There ` +
        `were ${a} from ${d} and ${b} from ${e}. How many ${thing} does {each|every} friend get?`,
      `How many ${thing} does each friend get? ${n} found ${a} on ${d} and ${b} on ${e}, kept ${k}, and ` +
        `{shared|divided} the rest {equally|evenly} among ${c} friends.`,
      `On ${e}, ${n} got ${b} ${thing} and put them with the ${a} ${thing} from ${d}. ${capital(she)} {keeps|takes} ` +
        `${k} of all {these|the ${thing}}, and ${c} friends {share|divide} the rest {equally|evenly}. How many ` +
        `${thing} does each {one|friend} get?`,
      `After ${n} has {kept|put away} ${k} ${thing}, ${c} friends share the rest {equally|evenly}. {At first|Before ` +
        `that}, there were ${a} ${thing} from ${d} and ${b} from ${e}. How many ${thing} {are there for each ` +
        `friend|does each friend receive}?`,
      `${n} has two bags, one with ${a} ${thing} from ${d} and one with ${b} from ${e}. {Of all these, ${k} stay ` +
        `with ${n}|${n} takes ${k} of all these}, and the rest is {shared|divided} {equally|evenly} among ${c} ` +
        `friends. How many ${thing} does {each|every} friend get?`,
      `If ${c} friends {share|divide} {equally|evenly} all but ${k} of the ${thing} that ${n} found, ${a} on ${d} ` +
        `and ${b} on ${e}, how many ${thing} does each {friend|of them} get?`,
      `Please {find|work} out the number of ${thing} for each friend: ${n} found ${a} on ${d}, then ${b} on ${e}, ` +
        `and after {taking|keeping} ${k}, ${she} {shares|divides} the {rest|others} {equally|evenly} among ${c} ` +
        `friends.`,
      `${n} found ${thing} on two days, ${a} on ${d} and ${b} on ${e}. They are for ${c} friends, except for ${k} ` +
        `that ${n} keeps. How many {${thing} |}does each friend get if the {rest is|others are} shared ` +
        `{equally|evenly}?`,
      `${n} gives equally many ${thing} to each of ${c} friends. ${capital(she)} found ${a} ${thing} on ${d} and ` +
        `${b} on ${e}, and keeps ${k} of all these. How many ${thing} does each friend get?`,
    ],
    ...withResult(
      `${opening}${n} has ${a} ${thing} from ${d} and ${b} from ${e}${makes} ${a} + ${b} = ${all} ${thing}. ` +
        `${then}, ${n} {keeps|puts away|does not share} ${k} of them${leaves} ${all} - ${k} = ${rest}. ` +
        `These are {shared|divided} {equally|evenly} among ${c} friends{, so each gets|, and each gets} ` +
        `${rest} / ${c} = ${each}. ${so}, {each friend|every friend} {gets|receives} ${each} ${thing}.`,
      each,
    ),
  };
}

function compare(random: Random): Instance | undefined {
  const [n, m, l] = several(random, names, 3) as [string, string, string];
  const thing = pick(random, things);
  const sign = pick(random, ["+", "-"] as const);
  const more = sign === "+" ? "more" : "fewer";
  const [a, b, c] = [integer(random, 4, 60), integer(random, 2, 30), integer(random, 2, 40)];
  const second = a + b;
  const third = sign === "+" ? second + c : second - c;
  const two = a + second;
  const three = two + third;
  if (third < 2) return undefined;
  return {
    values: [a, b, sign, c],
    wordings: [
      `${n} has ${a} ${thing}. ${m} has ${b} more than ${n}, and ${l} has ${c} ${more} than ${m}. How many ${thing} ` +
        `do {the three|they} have {together|in total|in all}?`,
      `${m} has ${b} more ${thing} than ${n}, who has ${a}. ${l} has ${c} ${more} than ${m}. How many ${thing} {do ` +
        `all three have|are there} {in total|in all}?`,
      `How many ${thing} do ${n}, ${m} and ${l} have {together|in total|in all} if ${n} has ${a}, ${m} has ${b} more ` +
        `than ${n}, and ${l} has ${c} ${more} than ${m}?`,
      `${l} has ${c} ${more} ${thing} than ${m}, and ${m} has ${b} more than ${n}. ${n} {has|owns} ${a} ${thing}. ` +
        `How many ${thing} do {the three|they} {have|own} {together|in all}?`,
      `If ${n} {has|owns} ${a} ${thing}, ${m} has ${b} more than that, and ${l} has ${c} ${more} than ${m}, how many ` +
        `${thing} do {the three friends|all three} have {together|in total}?`,
      `${ask} how many ${thing} three friends have {together|in total}. ${n} has ${a}. ${l} has ${c} ${more} than ` +
        `${m}, and ${m} has ${b} more than ${n}.`,
      `Three friends have ${thing}. ${l} has ${c} ${more} than ${m}. ${m} has ${b} more than ${n}. If ${n} has ${a}, ` +
        `how many ${thing} {do they have|are there} {together|in all|in total}?`,
      `${n}, ${m} and ${l} want to know how many ${thing} they have {together|in total}. ${n} has ${a}, ${m} has ` +
        `${b} more than ${n}, and ${l} has ${c} ${more} than ${m}.`,
      `How many ${thing} do three friends have {together|in all}? ${l} has ${c} ${more} than ${m}, ${m} has ${b} ` +
        `more than ${n}, and ${n} has ${a}.`,
      `${n} has ${a} ${thing}, {and that is|which is} ${b} fewer than ${m} has. ${l} has ${c} ${more} than ${m}. How ` +
        `many ${thing} {do the three|do all three} have {together|in all|in total}?`,
      `${n} owns ${a} ${thing}. ${m} owns ${b} more than ${n}. ${l} owns ${c} ${more} than ${m}. What is the ` +
        `{total|number of ${thing} in all|total number of ${thing}}?`,
      `Compared with ${m}, ${l} has ${c} ${more} ${thing}, and compared with ${n}, ${m} has ${b} more. ${n} has ${a} ` +
        `{of them|${thing}}. How many ${thing} do {they|the three} have {together|in total}?`,
      `If ${l} has ${c} ${more} ${thing} than ${m}, who has ${b} more than ${n}, and ${n} has ${a}, how many ` +
        `${thing} do {they|the three} {have|own} {together|in total}?`,
      `${m} has ${b} more ${thing} than ${n}. ${n} has ${a}, and ${l} has ${c} ${more} than ${m}. ${ask} how many ` +
        `${thing} {the three|all three|they} have {together|in total}.`,
      `There are ${a} ${thing} in the {bag|box|basket} of ${n}. ${m} has ${b} more than that, and ${l} has ${c} ` +
        `${more} than ${m}. How many ${thing} {do they have|do the three friends have|are there} {together|in all}?`,
      `Please {count|add up} the ${thing} of three friends: ${m} has ${b} more than ${n}, ${l} has ${c} ${more} than ` +
        `${m}, and ${n} has ${a}.`,
      `${l} and ${m} are friends of ${n}, who has ${a} ${thing}. ${l} has ${c} ${more} than ${m}, and ${m} has ${b} ` +
        `more than ${n}. How many ${thing} do {they|the three friends} have {together|in all}?`,
      `${m} has ${b} more ${thing} than ${n}, and ${l} has ${c} ${more} than ${m}. For all three together, how many ` +
        `${thing} is that if ${n} has ${a}?`,
    ],
    ...withResult(
      `${opening}${n} has ${a} ${thing}. ` +
        `${m} has ${b} more than ${n}{, which is|, and so ${m} has|, which makes} ${a} + ${b} = ${second}. ` +
        `${l} has ${c} ${more} than ${m}{, which is|, and so ${l} has|, which makes} ${second} ${sign} ${c} = ` +
        `${third}. ` +
        `${n} and ${m} {have|own} ${a} + ${second} = ${two} together. ` +
        `${including} ${l}, ${total} ${two} + ${third} = ${three}. ` +
        `${so}, {the three|all three|they} have ${three} ${thing} {together|in total|in all}.`,
      three,
    ),
  };
}

function stops(random: Random): Instance | undefined {
  const vehicle = pick(random, vehicles);
  const a = integer(random, 8, 60);
  const b = integer(random, 2, a - 2);
  const c = integer(random, 2, 30);
  const [first, second] = [a - b, a - b + c];
  const d = integer(random, 2, second - 2);
  if (second < 4) return undefined;
  const last = second - d;
  return {
    values: [a, b, c, d],
    wordings: [
      `A ${vehicle} {carries|starts with} ${a} people. At the {first|next} stop, ${b} get off and ${c} get on. At ` +
        `the {second stop|stop after that}, ${d} get off. How many people are on the ${vehicle} {now|then}?`,
      `There are ${a} people on a ${vehicle}. At the first stop, ${b} of them leave and ${c} {others|more} get on. ` +
        `At the second stop, ${d} people leave. How many {people are left|are still on the ${vehicle}}?`,
      `How many people are {still |}on a ${vehicle} that starts with ${a} people if ${b} get off and ${c} get on at ` +
        `the first stop and ${d} get off at the second?`,
      `A ${vehicle} {stops twice|makes two stops}. At the first one, ${b} people get off and ${c} get on; at the ` +
        `second one, ${d} people get off. Before that, there were ${a} people on the ${vehicle}. How many are there ` +
        `now?`,
      `If ${b} of the ${a} people on a ${vehicle} {get off|leave} at the first stop, ${c} people get on there, and ` +
        `${d} {get off|leave} at the second stop, how many people {remain|are left} on the ${vehicle}?`,
      `${ask} how many people a ${vehicle} carries after two stops. It starts with ${a} people, {loses ${b} and ` +
        `takes on ${c}|takes on ${c} and loses ${b}} at the first stop, and {loses|then loses} ${d} at the second.`,
      `Of ${a} people on a ${vehicle}, ${b} {get off|leave} at the first stop, where ${c} {others |}get on. ` +
        `{Then|After that}, ${d} get off at the second stop. How many people are {left|on it now}?`,
      `How many people are on {a|the} ${vehicle} after the second stop? It {carries|starts with} ${a} people; at the ` +
        `first stop, ${b} {get off|leave} and ${c} {get on|come in}; at the second stop, ${d} get off.`,
      `At the first stop, ${b} people {get off|leave} a ${vehicle} and ${c} get on. At the second {stop|one}, ${d} ` +
        `people get off. If it {started with|carried} ${a} people, how many {are left|are on it now|remain}?`,
      `At the second stop, ${d} people {left|got off} a ${vehicle}. Before that, at the first stop, ${c} got on and ` +
        `${b} got off. {The ${vehicle} started|It started} with ${a} people. How many are {left|still on it}?`,
      `{Someone|A man|A woman} counts the people on a ${vehicle}: ${a} at the start, ${b} off and ${c} on at the ` +
        `first stop, and ${d} off at the second. How many {are there now|people are left}?`,
      `If a ${vehicle} with ${a} people {makes two stops|stops twice}, and ${b} people get off and ${c} get on at ` +
        `the first stop and ${d} get off at the second, how many people {does it carry then|are left}?`,
      `Two stops are made by a ${vehicle}. At the first one, ${c} people get on and ${b} get off, and at the second ` +
        `one ${d} get off. How many people are {on it|left} after that if there were ${a} {before|at the start}?`,
      `The people on a ${vehicle} want to know how many {of them there are|are left}. There were ${a} {at ` +
        `first|before}. At the first stop, ${b} {got off|left} and ${c} got on, and at the next stop ${d} got off.`,
      `A ${vehicle} takes on ${c} people at the first stop, but ${b} of the ${a} people from before get off there. ` +
        `At the second stop, it loses ${d} people. How many people are on the ${vehicle} after both stops?`,
      `With ${a} people, a ${vehicle} comes to its first stop. {There|Here}, ${b} people get off. Then ${c} get on. ` +
        `At the second stop, ${d} get off. How many people {does the ${vehicle} carry|are on the ${vehicle}} now?`,
      `Please {count|find the number of} the people on a ${vehicle} after two stops. At the first, ${b} of ${a} ` +
        `people {leave|get off} and ${c} {others|new people} get on. At the second, ${d} leave.`,
      `What is the number of people on a ${vehicle} {once|when} ${d} have left at the second stop, if it ` +
        `{began|started} with ${a} and lost ${b} and took on ${c} at the first?`,
      `At the first stop, ${c} people get on a ${vehicle} after ${b} of the ${a} people on it get off. At the next ` +
        `stop, ${d} more get off. How many people are there after that?`,
    ],
    ...withResult(
      `${opening}{At first|At the start|In the beginning}, {the ${vehicle} carries ${a} people|there are ${a} ` +
        `people on the ${vehicle}}. ` +
        `At the first stop, ${b} {get off|leave}${leaves} ${a} - ${b} = ${first}. ` +
        `${then}, ${c} {get on|come in|enter}${makes} ${first} + ${c} = ${second}. ` +
        `At the second stop, ${d} {get off|leave}${leaves} ${second} - ${d} = ${last}. ` +
        `${so}, there are ${last} people on the ${vehicle} {now|in the end|after the second stop}.`,
      last,
    ),
  };
}

function garden(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [x, y] = several(random, plants, 2) as [string, string];
  const animal = pick(random, eaters);
  const [a, b, c, d] = [integer(random, 2, 9), integer(random, 2, 9), integer(random, 2, 9), integer(random, 2, 9)];
  const [first, second] = [a * b, c * d];
  const all = first + second;
  const e = integer(random, 2, Math.min(30, all - 2));
  const left = all - e;
  return {
    values: [a, b, c, d, e],
    wordings: [
      `${n} plants ${a} rows of ${b} ${x} and ${c} rows of ${d} ${y}. A ${animal} eats ${e} of the plants. How many ` +
        `plants {are left|remain}?`,
      `In the garden of ${n}, there are ${a} rows with ${b} ${x} in each and ${c} rows with ${d} ${y} in each. {One ` +
        `day|Today}, a ${animal} comes and eats ${e} plants. How many plants are {left|still there}?`,
      `How many plants does ${n} {still have|have left} after a ${animal} {eats|has eaten} ${e} of them, if ${she} ` +
        `had ${a} rows of ${b} ${x} and ${c} rows of ${d} ${y} {before|at first}?`,
      `The garden of ${n} was {planted|filled} with ${a} rows of ${b} ${x} and ${c} rows of ${d} ${y}. {Then|Later}, ` +
        `${e} plants were eaten by a ${animal}. How many plants {are left|remain}?`,
      `If ${n} has ${a} rows of ${b} ${x} and ${c} rows of ${d} ${y}, and a ${animal} eats ${e} of {the|these} ` +
        `plants, how many plants {are left|does ${she} still have}?`,
      `${ask} how many plants are left in the garden of ${n}. {It had|There were} ${a} rows of ${b} ${x} and ${c} ` +
        `rows of ${d} ${y} before a ${animal} {ate|came and ate} ${e} plants.`,
      `${n} has a garden with ${c} rows of ${d} ${y} and ${a} rows of ${b} ${x}. {One day|Today}, a ${animal} eats ` +
        `${e} of the plants. How many plants {are left|remain}?`,
      `How many plants does a ${animal} leave {in the garden of|for} ${n} when it eats ${e} of them? There are ${a} ` +
        `rows with ${b} ${x} each and ${c} rows with ${d} ${y} each.`,
      `In each of ${a} rows, ${n} plants ${b} ${x}, and in each of ${c} {other|more} rows ${d} ${y}. {Then|Later}, ` +
        `${e} plants are eaten by a ${animal}. How many plants {are left|remain|are still there}?`,
      `${n} puts ${b} ${x} in each of ${a} rows and ${d} ${y} in each of ${c} rows. {If|When} a ${animal} eats ${e} ` +
        `plants, how many {are left|remain|does ${n} still have}?`,
      `${n} wants to know how many plants are {left|still there}. There were ${c} rows of ${d} ${y} and ${a} rows of ` +
        `${b} ${x}, {but|and} a ${animal} ate ${e} plants.`,
      `How many plants are left? ${n} had ${a} rows with ${b} ${x} each and ${c} rows with ${d} ${y} each, and ${e} ` +
        `plants were eaten by a ${animal}.`,
      `After a ${animal} ate ${e} plants, ${n} counted the rest. At first, there were ${b} ${x} in each of ${a} rows ` +
        `and ${d} ${y} in each of ${c} rows. How many plants {did ${she} find|were left}?`,
      `The ${x} of ${n} are in ${a} rows of ${b}, {and|while} the ${y} are in ${c} rows of ${d}. A ${animal} eats ` +
        `${e} {of these plants|plants}. How many plants {are left|remain}?`,
      `There are ${a} rows of ${x} and ${c} rows of ${y} in the garden of ${n}. {A|Each} row of ${x} has ${b} ` +
        `plants, and {a|each} row of ${y} has ${d}. If ${e} plants are eaten by a ${animal}, how many {are ` +
        `left|remain}?`,
      `Please find out how many plants ${n} {still has|has left} when ${e} are eaten by a ${animal}: ${a} rows of ` +
        `${b} ${x} and ${c} rows of ${d} ${y} were {planted|there at first}.`,
      `With ${a} rows of ${b} ${x} and ${c} rows of ${d} ${y}, the garden of ${n} is full. A ${animal} {finds|likes} ` +
        `it and eats ${e} plants. {What number of plants is left|How many plants are left|How many plants remain}?`,
      `${n} has lost ${e} plants to a ${animal}. If there were ${c} rows of ${y} with ${d} in each, and ${a} rows of ` +
        `${x} with ${b} in each, how many plants {are left|does ${she} still have}?`,
      `A ${animal} came and ate ${e} plants in the garden of ${n}. Before that, each of the ${a} rows of ${x} had ` +
        `${b} plants, and each of the ${c} rows of ${y} had ${d} plants. How many plants are there now?`,
    ],
    ...withResult(
      `${opening}{There are|${n} has} ${a} rows of ${b} ${x}${makes} ${a} * ${b} = ${first} plants. ` +
        `{There are also|${capital(she)} also has} ${c} rows of ${d} ${y}${makes} ${c} * ${d} = ${second} plants. ` +
        `${sum}, ${total} ${first} + ${second} = ${all} plants. ` +
        `${then}, the ${animal} eats ${e} of them${leaves} ${all} - ${e} = ${left}. ` +
        `${so}, ${left} plants {are left|remain} in the garden{ of ${n}|}.`,
      left,
    ),
  };
}

function wages(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [d, e] = twoDays(random);
  const good = pick(random, goods);
  const [a, b, w, c] = [integer(random, 2, 6), integer(random, 2, 6), integer(random, 5, 30), integer(random, 2, 80)];
  const hours = a + b;
  const pay = hours * w;
  const left = pay - c;
  if (left < 2) return undefined;
  return {
    values: [a, b, w, c],
    wordings: [
      `${n} works ${a} hours on ${d} and ${b} hours on ${e} and {gets|earns} ${w} coins {an hour|per hour|for each ` +
        `hour}. ${capital(she)} spends ${c} coins on a ${good}. How many coins {are left|does ${she} have left}?`,
      `For {each|every} hour of work, ${n} {is paid|gets} ${w} coins. ${capital(she)} works ${a} hours on ${d} and ` +
        `${b} hours on ${e}, and buys a ${good} for ${c} coins. How many coins does ${she} {keep|have left}?`,
      `How many coins does ${n} have left after two days of work if ${she} earns ${w} coins {an|per} hour, works ` +
        `${a} hours on ${d} and ${b} hours on ${e}, and spends ${c} coins on a ${good}?`,
      `A ${good} for ${c} coins is bought by ${n} after two days of work: ${a} hours on ${d} and ${b} hours on ${e}, ` +
        `paid at ${w} coins {an|per} hour. How many coins {are left|remain}?`,
      `If ${n} {earns|gets} ${w} coins {an|per} hour, works on ${d} for ${a} hours and on ${e} for ${b} hours, and ` +
        `pays ${c} coins for a ${good}, how many coins {are left|does ${she} still have}?`,
      `${ask} how many coins ${n} has after buying a ${good} for ${c} coins. ${capital(she)} worked ${a} hours on ` +
        `${d} and ${b} hours on ${e} and got ${w} coins for {each|every} hour.`,
      `${n} works on two days, ${a} hours on ${d} and ${b} hours on ${e}. The pay is ${w} coins {an|per} hour. ` +
        `{Then|After that}, ${she} buys a ${good} for ${c} coins. How many coins {are left|does ${she} still have}?`,
      `A ${good} costs ${c} coins. ${n} gets ${w} coins {an|per} hour and works ${a} hours on ${d} and ${b} hours on ` +
        `${e}. How many coins {are left|does ${she} have} after buying the ${good}?`,
      `How many coins are left? ${n} worked ${a} hours on ${d} and ${b} on ${e} for ${w} coins {an|per} hour, and ` +
        `{then |}paid ${c} coins for a ${good}.`,
      `${n} wants to know how many coins {will be left|${she} will keep}. ${capital(she)} {gets|earns} ${w} coins ` +
        `{an|per} hour, wants a ${good} for ${c} coins, and works ${a} hours on ${d} and ${b} hours on ${e}.`,
      `On ${d}, ${n} works for ${a} hours, and on ${e} for ${b} hours. If {each|every} hour is paid with ${w} coins ` +
        `and a ${good} is bought for ${c} coins, how many coins {remain|are left}?`,
      `With ${w} coins for {each|every} hour, ${n} works ${b} hours on ${e} after ${a} hours on ${d}. ` +
        `${capital(she)} {spends ${c} coins on|pays ${c} coins for} a ${good}. How many coins does ${she} {still ` +
        `have|have left}?`,
      `After ${n} pays ${c} coins for a ${good}, {what is left|how many coins are left} of the pay? The work took ` +
        `${a} hours on ${d} and ${b} hours on ${e}, and {an|each|one} hour is {worth|paid with} ${w} coins.`,
      `The work of ${n} is paid by the hour, at ${w} coins. On ${d} it takes ${a} hours, and on ${e} it takes ${b}. ` +
        `From this pay, ${she} buys a ${good} for ${c} coins. How many coins {are left|remain}?`,
      `${n} buys a ${good} {for|that costs} ${c} coins with the pay for ${a} hours of work on ${d} and ${b} hours on ` +
        `${e}. {An|One} hour is paid with ${w} coins. How many coins {are left|does ${she} keep}?`,
      `Please find out how many coins ${n} has left: {there are|${she} gets} ${w} coins {an|per} hour for ${a} hours ` +
        `on ${d} and ${b} hours on ${e}, and then ${c} coins are paid for a ${good}.`,
      `Suppose ${n} gets ${w} coins for {each|an} hour of work. How many coins are left from ${a} hours on ${d} and ` +
        `${b} hours on ${e} if ${she} {buys|takes home} a ${good} for ${c} coins?`,
      `First two days of work, ${a} hours on ${d} and ${b} on ${e}, and then a ${good} for ${c} coins: how many ` +
        `coins does ${n} have left if ${she} is paid ${w} coins {an|per} hour?`,
      `Before buying a ${good} that costs ${c} coins, ${n} works: ${a} hours on ${d} and ${b} hours on ${e}. Each ` +
        `hour brings ${w} coins. How many coins are left in the end?`,
    ],
    ...withResult(
      `${opening}${n} works ${a} hours on ${d} and ${b} hours on ${e}${makes} ${a} + ${b} = ${hours} hours. ` +
        `{Each|Every|One} hour brings ${w} coins{, so|, and so} {the pay is|${n} earns|the work brings} ` +
        `${hours} * ${w} = ${pay} coins. The ${good} costs ${c} coins${leaves} ${pay} - ${c} = ${left}. ` +
        `${so}, ${n} {has|still has} ${left} coins {left|now|in the end}.`,
      left,
    ),
  };
}

function recipe(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const [dish, ingredients] = pick(random, Object.entries(dishes));
  const item = pick(random, ingredients);
  const [a, k, b] = [integer(random, 2, 9), integer(random, 2, 9), integer(random, 2, 12)];
  const [guests, need] = [k * a, k * b];
  const d = integer(random, 2, need - 2);
  const missing = need - d;
  if (need < 4) return undefined;
  return {
    values: [a, b, guests, d],
    wordings: [
      `A ${dish} for ${a} people needs ${b} ${item}. ${n} makes it for ${guests} people and already has ${d} ` +
        `${item}. How many {more |}${item} {must ${she} buy|does ${she} have to buy}?`,
      `${n} makes a ${dish} for ${guests} people. {For ${a} people, it takes|The recipe for ${a} people takes} ${b} ` +
        `${item}. If ${she} has ${d} ${item} {at home|already}, how many {more|others} does ${she} need?`,
      `How many ${item} must ${n} buy {for|to make} a ${dish} for ${guests} people if ${b} ${item} are enough for ` +
        `${a} people and ${she} {has|already has} ${d} ${item}?`,
      `A ${dish} for ${guests} people is made by ${n}, who {has|already has} ${d} ${item}. For ${a} people, ${b} ` +
        `${item} are {needed|used}. How many ${item} are {still needed|missing}?`,
      `If ${b} ${item} go into a ${dish} for ${a} people, and ${n} has ${d} ${item} but makes it for ${guests} ` +
        `people, how many {more |}${item} {must ${she} buy|does ${she} need}?`,
      `${ask} how many more ${item} ${n} needs. ${capital(she)} has ${d}, and ${she} makes a ${dish} for ${guests} ` +
        `people with a recipe that takes ${b} ${item} for ${a} people.`,
      `For ${guests} people, ${n} makes a ${dish}. For ${a} people, it {needs|takes} ${b} ${item}, and ${d} ${item} ` +
        `are {at home|there} already. How many {more |}${item} must ${she} buy?`,
      `How many ${item} must ${n} buy? A ${dish} for ${a} people {needs|takes} ${b} ${item}, ${n} {has|already has} ` +
        `${d}, and the ${dish} is for ${guests} people.`,
      `There are ${d} ${item} in the kitchen of ${n}. A ${dish} takes ${b} ${item} for ${a} people. How many more ` +
        `${item} {are needed|does ${n} need} if it is made for ${guests} people?`,
      `${n} wants to know how many {more |}${item} to buy for a ${dish}. It is for ${guests} people, ${she} has ${d} ` +
        `${item}, and the recipe {takes|needs} ${b} ${item} for ${a} people.`,
      `With ${b} ${item}, ${n} can make a ${dish} for ${a} people. Now there are ${guests} people, and ${she} has ` +
        `{only |}${d} ${item}. How many more ${item} does ${she} need?`,
      `The recipe for a ${dish} says: ${b} ${item} for ${a} people. ${n} makes it for ${guests} people. If ${d} ` +
        `${item} are {there already|already in the kitchen}, how many {more |}must ${she} buy?`,
      `If a ${dish} is made for ${guests} people and ${b} ${item} are enough for ${a} people, how many more ${item} ` +
        `does ${n}, who has ${d}, {need|have to buy}?`,
      `Since ${b} ${item} are {enough|needed} in a ${dish} for ${a} people, how many more must ${n} buy for ` +
        `${guests} people when ${she} {has|already has} ${d} ${item}?`,
      `{Today|This time}, ${guests} people get a ${dish} made by ${n}. There are ${d} ${item} in the ` +
        `{basket|kitchen}. The recipe for ${a} people {uses|takes} ${b} ${item}. How many ${item} are {missing|still ` +
        `to be bought}?`,
      `Please find out how many ${item} are missing: ${n} has ${d}, makes a ${dish} for ${guests} people, and needs ` +
        `${b} for ${a} people.`,
      `To make a ${dish} for ${a} people, ${b} ${item} are {used|needed}. ${n} has ${d} of them and makes the ` +
        `${dish} for ${guests} people. How many more ${item} {must ${she} buy|does ${she} need}?`,
      `${n} always uses ${b} ${item} when ${she} makes a ${dish} for ${a} people. {One day|Today}, it is for ` +
        `${guests} people. How many ${item} must ${she} buy if there are ${d} at home?`,
      `${n} has ${d} ${item} at home and makes a ${dish}. There are ${guests} people, and for every ${a} people ${b} ` +
        `${item} are used. How many ${item} does ${n} have to buy?`,
    ],
    ...withResult(
      `${opening}{The ${dish}|The recipe} {needs|takes} ${b} ${item} for ${a} people. ` +
        `{There are|Now there are|This time, there are} ${guests} people{, which is|, and that is} ${guests} / ` +
        `${a} = ${k} times as many. ` +
        `{For them|For all of them}, ${n} needs ${k} * ${b} = ${need} ${item}. ` +
        `${capital(she)} {already has|has} ${d}${leaves} ${need} - ${d} = ${missing}. ` +
        `${so}, ${n} {must buy|still needs|has to buy} ${missing} ${item}.`,
      missing,
    ),
  };
}

function tickets(random: Random): Instance | undefined {
  const { name: n, she } = pick(random, people);
  const venue = pick(random, venues);
  const [a, c, p] = [integer(random, 2, 9), integer(random, 2, 9), integer(random, 4, 20)];
  const q = integer(random, 2, p - 1);
  const [adults, children] = [a * p, c * q];
  const all = adults + children;
  return {
    values: [a, p, c, q],
    wordings: [
      `A ticket {for|to} the ${venue} costs ${p} coins for an adult and ${q} coins for a child. ${n} buys tickets ` +
        `for ${a} adults and ${c} children. How many coins does ${she} pay?`,
      `${n} buys ${a} tickets for adults and ${c} tickets for children at the ${venue}. Adults pay ${p} coins each, ` +
        `and children pay ${q} coins each. How {much|many coins} must ${n} pay?`,
      `How many coins do the tickets cost {together|in total|in all} if ${n} buys ${c} tickets for children at ${q} ` +
        `coins each and ${a} tickets for adults at ${p} coins each {for|at} the ${venue}?`,
      `At the ${venue}, ${p} coins are {paid|asked} for each adult and ${q} coins for each child. Tickets for ${c} ` +
        `children and ${a} adults are bought by ${n}. How many coins are paid {in total|in all}?`,
      `If ${n} pays ${q} coins for {each|every} child and ${p} coins for {each|every} adult at the ${venue}, how ` +
        `many coins {does ${she} need|must ${she} have} for ${a} adults and ${c} children?`,
      `${ask} how many coins ${n} pays at the ${venue} for ${a} adults and ${c} children. A ticket costs ${p} coins ` +
        `for {adults|an adult} and ${q} coins for {children|a child}.`,
      `Adults pay ${p} coins and children pay ${q} coins at the ${venue}. {If|When} ${n} buys tickets for ${a} ` +
        `adults and ${c} children, how many coins {is that|does ${she} pay} {in all|in total}?`,
      `How many coins does ${n} pay? ${capital(she)} buys ${a} tickets for adults at ${p} coins each and ${c} ` +
        `tickets for children at ${q} coins each {for|at} the ${venue}.`,
      `${n} wants to know the price of all {the |}tickets {for|to} the ${venue}: ${c} for children at ${q} coins ` +
        `each, and ${a} for adults at ${p} coins each.`,
      `Each of ${a} adults pays ${p} coins at the ${venue}, and each of ${c} children pays ${q} coins. ${n} pays for ` +
        `all of them. How many coins {is that|does ${n} need}?`,
      `Children {get|go} in for ${q} coins at the ${venue}, {while|and} adults pay ${p}. ${n} {buys|gets} ${c} ` +
        `tickets for children and ${a} for adults. {What|How many coins} do they cost together?`,
      `For ${c} children, ${n} pays ${q} coins each. For ${a} adults, ${she} pays ${p} coins each. What is the ` +
        `{price|total price} of {all |}these tickets to the ${venue}?`,
      `At the door of the ${venue}, ${n} asks for tickets for ${a} adults and ${c} children. One for a child costs ` +
        `${q} coins, and one for an adult costs ${p}. How many coins {must ${she} pay|does ${she} need}?`,
      `Please {find|work} out what ${n} has to pay at the ${venue}: ${p} coins for each of ${a} adults and ${q} ` +
        `coins for each of ${c} children.`,
      `If a ticket for a child costs ${q} coins and one for an adult costs ${p} coins, how many coins {does|must} ` +
        `${n} pay for ${c} children and ${a} adults at the ${venue}?`,
      `${n} pays for ${c} children and ${a} adults at the ${venue}. It costs ${p} coins for {each|every} adult and ` +
        `${q} coins for {each|every} child. {What is the total|How much is that} in coins?`,
      `The ${venue} {asks|takes} ${q} coins for {a|each} child and ${p} coins for {an|each} adult. How many coins ` +
        `does it get from ${n} for ${a} adults and ${c} children?`,
      `To get ${a} adults into the ${venue}, at ${p} coins each, and also ${c} children, at ${q} coins each, how ` +
        `many coins must ${n} {pay|have|bring}?`,
      `Tickets for ${c} children and ${a} adults: this is what ${n} buys at the ${venue}. How many coins must ${she} ` +
        `pay if a child pays ${q} coins and an adult pays ${p} coins?`,
    ],
    ...withResult(
      `${opening}{Each|One|An} adult pays ${p} coins{, so|, and so} ${a} adults {pay|must pay} ` +
        `${a} * ${p} = ${adults} coins. {Each|One|A} child pays ${q} coins{, so|, and so} ${c} children ` +
        `{pay|must pay} ${c} * ${q} = ${children} coins. ${sum}, ${total} ${adults} + ${children} = ${all} coins. ` +
        `${so}, ${n} {pays|must pay|has to pay} ${all} coins {in all|in total|for the tickets}.`,
      all,
    ),
  };
}

function ages(random: Random): Instance | undefined {
  const [n, m, l] = several(random, names, 3) as [string, string, string];
  const k = pick(random, [2, 3] as const);
  const [a, b, d] = [integer(random, 4, 30), integer(random, 2, 12), integer(random, 2, 15)];
  const second = a + b;
  const third = k * second;
  const later = third + d;
  if (later > 99) return undefined;
  return {
    values: [a, b, k, d],
    wordings: [
      `${n} is ${a} years old. ${m} is ${b} years older than ${n}, and ${l} is ${twice[k]} as old as ${m}. How old ` +
        `will ${l} be {in ${d} years|after ${d} more years}?`,
      `${l} is ${twice[k]} as old as ${m}, who is ${b} years older than ${n}. If ${n} is ${a} {years old|now}, how ` +
        `old will ${l} be {in ${d} years|${d} years from now}?`,
      `How old will ${l} be in ${d} years if ${n} is ${a} {now|today}, ${m} is ${b} years older than ${n}, and ${l} ` +
        `is ${twice[k]} as old as ${m}?`,
      `${m} is ${b} years older than ${n}. ${n} is ${a} years old {now|today}. ${l} is ${twice[k]} as old as ${m}. ` +
        `What will {the age of ${l} be|be the age of ${l}} in ${d} years?`,
      `If ${n} is ${a} {today|now}, ${m} is ${b} years older, and ${l} is ${twice[k]} as old as ${m}, what will the ` +
        `age of ${l} be {in ${d} years|after ${d} more years}?`,
      `${ask} how old ${l} will be ${d} years from now. {Today|Now}, ${n} is ${a}, ${m} is ${b} years older than ` +
        `${n}, and ${l} has ${twice[k]} the age of ${m}.`,
      `What will be the age of ${l} {in ${d} years|${d} years from now}? ${n} is ${a} years old, ${m} is ${b} years ` +
        `older than ${n}, and ${l} is ${twice[k]} as old as ${m}.`,
      `{Today|Now}, ${m} is ${b} years older than ${n}, who is ${a}. The age of ${l} is ${twice[k]} {the age|that} ` +
        `of ${m}. How old will ${l} be {after|in} ${d} {more |}years?`,
      `${n} wants to know how old ${l} will be in ${d} years. ${n} is ${a}, ${m} is ${b} years older than ${n}, and ` +
        `${l} is ${twice[k]} as old as ${m}.`,
      `After ${d} years, what will be the age of ${l}, who is {now|today} ${twice[k]} as old as ${m}? ${m} is ${b} ` +
        `years older than ${n}, and ${n} is ${a}.`,
      `${n} is ${b} years younger than ${m}. ${n} is ${a} years old, and ${l} is ${twice[k]} as old as ${m}. {How ` +
        `old will ${l} be|What will be the age of ${l}} in ${d} years?`,
      `${l} is ${twice[k]} as old as ${m}. ${m} is ${b} years older than ${n}. ${n} is ${a} {now|today}. Add ${d} ` +
        `years: how old is ${l} then?`,
      `If ${l} is ${twice[k]} as old as ${m}, {and |}${m} is ${b} years older than ${n}, and ${n} is ${a} ` +
        `{now|today}, how old will ${l} be ${d} years {from now|later}?`,
      `With ${n} at the age of ${a}, ${m} ${b} years older than ${n}, and ${l} ${twice[k]} as old as ${m}, how old ` +
        `will ${l} be {in ${d} years|${d} years from now}?`,
      `There are three friends. The youngest is ${n}, who is ${a} years old. ${m} is ${b} years older than ${n}, and ` +
        `${l} is ${twice[k]} as old as ${m}. ${ask} the age of ${l} in ${d} years.`,
      `The age of ${n} is ${a}, and the age of ${m} is ${b} more than that. ${l} is ${twice[k]} as old as ${m}. What ` +
        `{is|will be} the age of ${l} ${d} years from now?`,
      `Please find out the age that ${l} will have in ${d} years if ${m} is ${b} years older than ${n}, ${n} is ` +
        `${a}, and ${l} is ${twice[k]} as old as ${m} {today|now}.`,
      `${n}, who is ${a} years old, is ${b} years younger than ${m}. ${l} has ${twice[k]} the age of ${m}. How old ` +
        `will ${l} be {in ${d} years|when ${d} years have passed}?`,
      `In ${d} years, how old will ${l} be? Today, ${l} is ${twice[k]} as old as ${m}. ${n} is ${a} years old, and ` +
        `${m} is older than ${n} by ${b} years.`,
    ],
    ...withResult(
      `${opening}${n} is ${a} years old{ now| today|}. ` +
        `${m} is ${b} years older{ than ${n}|}{, so|, and so} ${m} is ${a} + ${b} = ${second}. ` +
        `${l} is ${twice[k]} as old as ${m}{, which is|, which makes} ${k} * ${second} = ${third}. ` +
        `In ${d} years, {that will be|this will be|it will be} ${third} + ${d} = ${later}. ` +
        `${so}, ${l} will be ${later} years old{ then| in ${d} years|}.`,
      later,
    ),
  };
}

const stories = { boxes, shop, savings, reading, sharing, compare, stops, garden, wages, recipe, tickets, ages };

/** Word problems. The answers do one small operation at a time. */
export const words: Family = {
  name: "words",
  stories: Object.entries(stories).map(([name, draw]) => ({ name, draw })),
  kinds: [
    names,
    things,
    holders,
    goods,
    goods.map((good) => `${good}s`),
    plants,
    days,
    vehicles,
    Object.keys(dishes),
    [...new Set(Object.values(dishes).flat())],
    eaters,
  ],
};
