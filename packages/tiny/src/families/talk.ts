/** Small talk: greetings and questions about the model. */
import { names } from "../lexicon.ts";
import { type Family, type Instance, pick, type Random, type Story, segments } from "../problem.ts";
import { questions, remarks, type Topic } from "./talk/topics.ts";

/** What may come before a question, and the words that answer it. */
const leads: readonly (readonly [said: string, reply: string])[] = [
  ["", ""],
  ["One question: ", ""],
  ["Hi! ", "{Hello|Hi}! "],
  ["Hello! ", "{Hello|Hi}! "],
  ["Hey there! ", "{Hello|Hi}! "],
  ["Good morning! ", "Good morning! "],
  ["Good evening! ", "Good evening! "],
];
const introductions = ["Hi, I am NAME. ", "Hello! My name is NAME. ", "Good day, this is NAME. ", "NAME here. "];
const pauses = ["", "Well! ", "All right! ", "Great! ", "Okay. ", "Good. ", "Perfect! "];
const returns = ["It is NAME again. ", "This is NAME. ", "NAME here. ", "Me again, NAME. "];
const salutes = ["Good morning", "Good afternoon", "Good evening", "Hello", "Hi", "Hey"];

/** In most talks the person gives a name; else this is empty. */
const caller = (random: Random): string => (random() < 0.7 ? pick(random, names) : "");

const talkOf = (values: Instance["values"], wordings: readonly string[], answer: string): Instance => ({
  values,
  wordings,
  answer: segments(answer),
  check: { kind: "words" },
});

const hello: Story = {
  name: "hello",
  draw(random: Random) {
    const [salute, name] = [pick(random, salutes), caller(random)];
    const wordings =
      name === ""
        ? [
            `${salute}!`,
            `${salute} to you!`,
            `${salute}, {tiny|little} model!`,
            `${salute}! Are you {there|here}?`,
            `${salute}! I {want|would like} to talk{ to you|}.`,
            `${salute}, you there!`,
            `${salute}! {It is nice|I am glad} to meet you.`,
            `Is {somebody|anybody} {there|here}? ${salute}!`,
            `{Let us|We can} talk a little. ${salute}!`,
            `I {want|would like} to talk to you. ${salute}!`,
          ]
        : [
            `${salute}! I am ${name}.`,
            `${salute}, my name is ${name}.`,
            `${salute}! {You can call me|My friends call me} ${name}.`,
            `${name} here. ${salute}!`,
            `${salute}! This is ${name}, {and I want|and I would like} to talk to you.`,
            `${salute}! {It is nice|I am glad} to meet you. {My name is|I am} ${name}.`,
            `${salute} from ${name}!`,
            `My name is ${name}. ${salute}{ to you|}!`,
            `${salute}, {tiny|little} model! Here is ${name}.`,
            `I am ${name}, and I {want|would like} to talk. ${salute}!`,
          ];
    const reply = salute.startsWith("Good") ? salute : "{Hello|Hi}";
    const address = name === "" ? "" : `, ${name}`;
    const answer = `${reply}${address}! {It is nice|I am glad} to meet you. {What can I do for you|How can I help you}?`;
    return talkOf([salute, name], wordings, answer);
  },
};

/** A question, which may follow a greeting. */
const question = (topic: string, { wordings, answer }: Topic): Story => ({
  name: topic,
  draw(random: Random) {
    const name = caller(random);
    const [said, reply] =
      name === ""
        ? pick(random, leads)
        : ([pick(random, introductions).replace("NAME", name), `{Hello|Hi}, ${name}! `] as const);
    return talkOf(
      [said, name],
      wordings.map((wording) => said + wording),
      reply + answer,
    );
  },
});

/** What somebody says later in a talk. */
const remark = (topic: string, { wordings, answer }: Topic): Story => ({
  name: topic,
  draw(random: Random) {
    const name = caller(random);
    const said = pick(random, name === "" ? pauses : returns).replace("NAME", name);
    return talkOf(
      [said, name],
      wordings.map((wording) => said + wording),
      answer.replace("{NAME}", name === "" ? "" : `, ${name}`),
    );
  },
});

/** Greetings, thanks, goodbyes, and what the model is and can do. */
export const talk: Family = {
  name: "talk",
  stories: [
    hello,
    ...Object.entries(questions).map(([topic, said]) => question(topic, said)),
    ...Object.entries(remarks).map(([topic, said]) => remark(topic, said)),
  ],
  kinds: [names],
};
