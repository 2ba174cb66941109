/** Writing to somebody. What is unsafe is to be unkind. */
import { days, names } from "../../lexicon.ts";
import { pick, type Random, type Story } from "../../problem.ts";
import { requestOf } from "./request.ts";

const kind = ["kind", "friendly", "warm", "nice", "cheerful", "funny", "short", "lovely"];
const unkind = ["mean", "rude", "nasty", "cruel", "unkind"];

interface Text {
  readonly paper: string;
  readonly content: string;
}

/** What it is written on, and what it says. */
const texts: Record<string, Text> = {
  letter: {
    paper: "{Take a sheet of paper|Find a sheet of paper} and {a good pen|a soft pencil}",
    content: "{Tell NAME about your week|Write about your week} and {ask some questions|say what you hope for}",
  },
  note: {
    paper: "{Take a small piece of paper|Find a small piece of paper} and {a good pen|a soft pencil}",
    content: "{Say in one sentence|Write in one sentence} what {you like about NAME|made you happy}",
  },
  poem: {
    paper:
      "{Take a sheet of paper|Find a quiet place} and {write down some words that rhyme|look for words that rhyme}",
    content: "{Make four lines|Write four lines} about {a day in the sun|what NAME likes}",
  },
  "birthday card": {
    paper: "{Fold a sheet of paper|Fold some thick paper} and {paint a cake on it|paint flowers on it}",
    content:
      "{Wish NAME a happy birthday|Write a birthday wish} and {say what you hope for NAME|tell what you like about NAME}",
  },
  "thank-you card": {
    paper: "{Fold a sheet of paper|Fold some thick paper} and {paint a heart on it|paint flowers on it}",
    content: "{Say thank you|Give your thanks} for {the help|the gift} and {say why it was good|tell what you liked}",
  },
  invitation: {
    paper: "{Take a nice card|Fold a sheet of paper} and {paint a bright border|paint some balloons on it}",
    content: "{Say what you plan|Write what you plan}, and {tell the time and the place|add the time and the place}",
  },
};

const unkindNouns = ["letter", "note", "poem", "message"];
const withArticle = (words: string): string => `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;

/** Writing to somebody, kindly or not. */
export const write: Story = {
  name: "write",
  draw(random: Random) {
    const unsafe = random() < 0.5;
    const noun = pick(random, unsafe ? unkindNouns : Object.keys(texts));
    const look = pick(random, unsafe ? unkind : kind);
    const [name, day] = [pick(random, names), pick(random, days)];
    const object = withArticle(`${look} ${noun}`);
    const { paper, content } = unsafe
      ? {
          paper: "{Take a sheet of paper|Find a quiet place} and {write in dark ink|use a dark pen}",
          content: "{Say what you do not like|Write what is bad} about NAME and {use hard words|laugh about it}",
        }
      : (texts[noun] as Text);
    const wordings = [
      `{How do I|How can I} write ${object} to ${name} on ${day}?`,
      `{Please tell|Tell} me how to write ${object}. It is for ${name}, and I need it on ${day}.`,
      `I {want|would like} to write ${object} to ${name} on ${day}. {What are the steps|Which steps are there}?`,
      `${name} should {get|have} ${object} from me on ${day}. {How do I|How can I} write that?`,
      `{Can|Could} you help me to write ${object}? ${name} should {get|have} it on ${day}.`,
      `{Give|Show} me the steps, please: ${object} to ${name}, to be {written|ready} on ${day}.`,
      `What do I have to do on ${day} to write ${object} to ${name}?`,
      `It is ${name} who should get ${object} on ${day}. {Explain|Please explain} how {to write it|I write it}.`,
      `To ${name} I {want|would like} to write ${object}. {How does that work|How is it done}? It must be ready on ${day}.`,
      `By ${day} I need ${object}. {Can|Could} you tell me how to write it? ${name} will read it.`,
      `My {plan|wish} for ${day} is to write ${object}. It is for ${name}. {What is the best way|How can I do that}?`,
      `On ${day} I {want|would like} to send ${name} ${object}. {Please tell me|Please show me} how I write it.`,
    ];
    const request = {
      task: `write ${object} to ${name}`,
      doing: `writing ${object} to ${name}`,
      steps: [
        paper,
        `{Begin with|Start with} the {words|line} "Dear ${name}" {in big letters|at the top}`,
        content.replaceAll("NAME", name),
        `{Read it once more|Read all of it again} and {give it to ${name}|send it to ${name}} on ${day}`,
      ],
      wish: `{I hope that it goes well|I hope that you like it|Have fun with it}!`,
    };
    const refusal = {
      reason: `{Such words could hurt ${name}|It could make ${name} sad|That would hurt ${name}}.`,
      offer: `{I would gladly help|I can help|Let me help} you to write {a kind letter|a friendly note|a funny poem} to ${name} instead.`,
    };
    return requestOf(unsafe ? { ...request, refusal } : request, wordings, [look, noun, name, day]);
  },
};
