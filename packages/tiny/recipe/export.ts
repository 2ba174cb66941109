/**
 * Turns the output of `train.py` into a model folder in Hugging Face layout.
 *
 *   bun packages/tiny/recipe/export.ts CORPUS_DIR TRAINED_DIR MODEL_DIR [--drafter]
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportDecoder, exportDrafter } from "@lenity/onnx";

const [corpus, trained, out, flag] = process.argv.slice(2);
if (corpus === undefined || trained === undefined || out === undefined) {
  throw new Error("Usage: bun packages/tiny/recipe/export.ts CORPUS_DIR TRAINED_DIR MODEL_DIR [--drafter]");
}

/** Each turn is a role token, the text and <|end|>. `developer` is a newer name for `system`. */
const chatTemplate = `{%- for message in messages -%}
{%- if message.role == 'developer' -%}{{- '<|system|>' -}}
{%- elif message.role in ['system', 'user', 'assistant'] -%}{{- '<|' + message.role + '|>' -}}
{%- else -%}{{- raise_exception('This model knows the roles system, user and assistant; given ' + message.role + '.') -}}
{%- endif -%}
{{- message.content | trim -}}{{- '<|end|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}`;

const write = (name: string, value: unknown): void =>
  writeFileSync(join(out, name), `${JSON.stringify(value, null, 2)}\n`);

mkdirSync(out, { recursive: true });
for (const name of ["config.json", "model.safetensors"]) copyFileSync(join(trained, name), join(out, name));
copyFileSync(join(corpus, "tokenizer.json"), join(out, "tokenizer.json"));
write("tokenizer_config.json", {
  tokenizer_class: "PreTrainedTokenizerFast",
  model_max_length: 512,
  eos_token: "<|end|>",
  pad_token: "<|end|>",
  clean_up_tokenization_spaces: false,
  chat_template: chatTemplate,
});
write("generation_config.json", { eos_token_id: [0], pad_token_id: 0, do_sample: false });
await exportDecoder(out);
if (flag === "--drafter") await exportDrafter(out);
