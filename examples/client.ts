/**
 * The official OpenAI client, with a policy in the body. Start a server first (npm start), then run: bun
 * examples/client.ts [BASE_URL]
 */
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2] ?? "http://127.0.0.1:8080/v1", apiKey: "none" });
const question =
  "A pen costs 4 coins, and a book costs 9 coins. Leo takes 50 coins to the shop and buys 6 pens and one book. How many coins does he take home?";

/** lenity's additions to the request and the answer. */
const policy = { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] };
type Metrics = {
  metrics?: { speculative_decoding: { mean_acceptance_length: number }; acceptance: { relaxed: number } };
};

const stream = await client.chat.completions.create({
  model: "tiny",
  messages: [{ role: "user", content: question }],
  temperature: 0,
  stream: true,
  stream_options: { include_usage: true },
  // @ts-expect-error the client passes keys that it does not know
  speculative: { policy, draft_tokens: 16 },
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
  const { metrics } = chunk as Metrics;
  if (metrics === undefined) continue;
  const { speculative_decoding: speed, acceptance } = metrics;
  console.log(
    `\n${speed.mean_acceptance_length.toFixed(1)} tokens per target pass, ${acceptance.relaxed} accepted by relaxation`,
  );
}
