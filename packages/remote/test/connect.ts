/** Models over the fake engines, without a network: the requests are passed to the fakes. */
import { type RemoteModel, type RemoteOptions, remoteModel } from "@lenity/remote";
import { fakeOip, type OipOptions } from "./fakes/fake-oip.ts";
import { type Fake, fakeSglang } from "./fakes/fake-sglang.ts";
import { fakeVllm } from "./fakes/fake-vllm.ts";

export type FakeName = "sglang" | "vllm" | "oip";

export const fakes: Readonly<Record<FakeName, (options: OipOptions) => Fake>> = {
  sglang: fakeSglang,
  vllm: fakeVllm,
  oip: fakeOip,
};

export async function connected(
  engine: FakeName,
  options: OipOptions,
  more: Partial<RemoteOptions> = {},
): Promise<RemoteModel & { readonly fake: Fake }> {
  const fake = fakes[engine](options);
  const { vocabulary, eos } = options.model;
  const model = await remoteModel({
    engine,
    url: "http://engine.test",
    model: engine === "oip" ? "table-model" : undefined,
    contextLength: 512,
    tokens: { vocabulary },
    eos,
    fetch: (request) => fake.fetch(request),
    ...more,
  });
  return { ...model, fake };
}
