import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError } from "@lenity/core";
import { startEngine } from "../src/engine/engine.ts";
import { workerLoader } from "../src/engine/load-worker.ts";
import type { LoadedWorker, WorkerHandle } from "../src/engine/worker-handle.ts";
import type { Device, DeviceOption } from "../src/protocol/devices.ts";
import type { WorkerLink } from "../src/protocol/link.ts";
import type { LoadRequest } from "../src/protocol/protocol.ts";

interface Worker {
  readonly link: WorkerLink;
  readonly loaded: Promise<WorkerHandle>;
  closed: boolean;
  load(answered?: boolean): void;
  fail(why: string): void;
  die(): string;
}

/** Workers made of nothing: each loads when told to, and dies when told to. */
function workers() {
  const all: Worker[] = [];
  const start = (onLost: () => string) => {
    let lost: Error | undefined;
    let settle: { resolve(worker: WorkerHandle): void; reject(error: Error): void };
    const loading = new Promise<WorkerHandle>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const worker: Worker = {
      closed: false,
      loaded: loading,
      get link() {
        return link;
      },
      load: (hasReplied = true) =>
        settle.resolve({ link, hasReplied, sessions: 0, keptBytes: 0 } as unknown as WorkerHandle),
      fail: (why: string) => settle.reject(new LenityError("model_files", why)),
      die() {
        lost ??= new Error("gone");
        const next = onLost();
        settle.reject(lost);
        return next;
      },
    };
    const link = {
      check() {
        if (lost !== undefined) throw lost;
      },
      async close() {
        lost ??= new Error("closed");
        worker.closed = true;
        settle.reject(lost);
      },
    } as unknown as WorkerLink;
    all.push(worker);
    return { link, worker: loading };
  };
  /** The nth worker, once there is one. */
  const nth = async (n: number) => {
    for (let tries = 0; tries < 400; tries++) {
      const worker = all[n];
      if (worker !== undefined) return worker;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`There is no worker ${n}.`);
  };
  return { all, start, nth };
}

/** An engine whose first worker has loaded. */
async function running(delays = [0, 1, 2], answered = true) {
  const { all, start, nth } = workers();
  const starting = startEngine("some model", start, delays);
  (await nth(0)).load(answered);
  return { engine: await starting, all, nth };
}

const lost = (message: RegExp) => ({ name: "LenityError", code: "worker_lost", message });

describe("an engine", () => {
  test("that does not load rejects with what is wrong, and leaves no worker", async () => {
    const { all, start } = workers();
    const starting = startEngine("some model", start);
    all[0]?.fail("no such file");
    await assert.rejects(starting, { code: "model_files", message: "no such file" });
    assert.deepEqual([all.length, all[0]?.closed], [1, true]);
  });

  test("whose thread dies while it loads says nothing of a restart", async () => {
    const { all, start } = workers();
    const starting = startEngine("some model", start);
    assert.equal(all[0]?.die(), "");
    await assert.rejects(starting, /gone/);
    assert.equal(all.length, 1);
  });

  test("has another worker when one dies, and says so", async () => {
    const { engine, nth } = await running();
    const first = engine.worker;
    assert.deepEqual(engine.state, { state: "ready", sessions: 0, restarts: 0, keptBytes: 0 });
    assert.match((await nth(0)).die(), /restarted: send the request again/);
    assert.deepEqual([engine.worker, engine.state.state], [undefined, "restarting"]);
    const ready = engine.ready();
    (await nth(1)).load();
    await ready;
    assert.deepEqual([engine.state.state, engine.state.restarts], ["ready", 1]);
    assert.ok(engine.worker !== undefined && engine.worker !== first && engine.first === first);
    assert.ok((await nth(0)).closed);
    await engine.close();
  });

  test("tries again when a restart fails, and gives up after several in a row", async () => {
    const { engine, all, nth } = await running();
    (await nth(0)).die();
    const waiting = [engine.ready(), engine.ready()].map((ready) =>
      assert.rejects(ready, lost(/3 times in a row: no such file.*Fix that and load the model again/)),
    );
    for (const n of [1, 2, 3]) (await nth(n)).fail("no such file.");
    await Promise.all(waiting);
    assert.deepEqual([engine.state.state, engine.state.restarts, all.length], ["failed", 0, 4]);
    await assert.rejects(engine.ready(), lost(/^some model failed to restart/));
    assert.ok(all.every(({ closed }) => closed));
    await engine.close();
    assert.equal(all.length, 4);
  });

  test("counts from the beginning after a worker that has answered", async () => {
    const { engine, nth } = await running();
    for (let n = 0; n < 12; n += 3) {
      (await nth(n)).die();
      (await nth(n + 1)).fail("busy");
      (await nth(n + 2)).fail("busy");
      (await nth(n + 3)).load();
      await engine.ready();
    }
    assert.deepEqual([engine.state.state, engine.state.restarts], ["ready", 4]);
    await engine.close();
  });

  test("waits longer before each restart of workers that die before they have answered", async () => {
    const { engine, all, nth } = await running([0, 0, 1_000_000], false);
    for (const n of [0, 1]) {
      (await nth(n)).die();
      (await nth(n + 1)).load(false);
      await engine.ready();
    }
    (await nth(2)).die();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([all.length, engine.state.state], [3, "restarting"]);
    await engine.close();
  });

  for (const [when, delays] of [
    ["before a restart", [1_000_000]],
    ["during one", [0]],
  ] as const) {
    test(`closed ${when} leaves nothing behind`, async () => {
      const { engine, all, nth } = await running([...delays]);
      (await nth(0)).die();
      const waiting = assert.rejects(engine.ready(), lost(/^some model was closed\.$/));
      if (delays[0] === 0) await nth(1);
      await engine.close();
      await waiting;
      assert.equal(all.length, delays[0] === 0 ? 2 : 1);
      assert.ok(all.every(({ closed }) => closed));
      assert.equal(engine.state.state, "closed");
      assert.equal(engine.worker, undefined);
      await engine.close();
    });
  }

  test("closed as its new worker is loaded takes no session", async () => {
    const { engine, all, nth } = await running();
    (await nth(0)).die();
    const worker = await nth(1);
    worker.load();
    await engine.close();
    assert.deepEqual([engine.worker, all.every(({ closed }) => closed)], [undefined, true]);
  });
});

describe("the workers of a model", () => {
  /**
   * An engine whose loads go where they ask to, and `auto` to those devices in turn; the devices that were asked for.
   */
  async function placing(device: DeviceOption | undefined, ...landings: Device[]) {
    const { all, start, nth } = workers();
    const asked: (DeviceOption | undefined)[] = [];
    const request = { type: "load", name: "some model", device } as LoadRequest;
    const load = workerLoader(request, 0, async (link, request) => {
      asked.push(request.device);
      const played = all.find((worker) => worker.link === link);
      const name = request.device === "auto" ? (landings.shift() as Device) : (request.device ?? "cpu");
      return Object.assign(await (played as Worker).loaded, { graph: { device: { name } } }) as LoadedWorker;
    });
    const starting = startEngine(
      "some model",
      (onLost) => {
        const { link } = start(onLost);
        return { link, worker: load(link) };
      },
      [0, 0, 0],
    );
    (await nth(0)).load();
    return { engine: await starting, nth, asked };
  }

  for (const landing of ["webgpu", "cpu"] as const) {
    test(`go where auto put the first one, ${landing}, whatever auto would say now`, async () => {
      const { engine, nth, asked } = await placing("auto", landing, landing === "cpu" ? "webgpu" : "cpu");
      for (const n of [0, 1]) {
        (await nth(n)).die();
        (await nth(n + 1)).load();
        await engine.ready();
      }
      assert.deepEqual(asked, ["auto", landing, landing]);
      assert.equal(engine.worker?.graph.device.name, engine.first.graph.device.name);
      await engine.close();
    });
  }

  test("try again what was asked for when the first one does not load", async () => {
    const asked: unknown[] = [];
    const load = workerLoader({ device: "auto" } as LoadRequest, 0, async (_, { device }) => {
      asked.push(device);
      throw new Error("no");
    });
    for (let n = 0; n < 2; n++) await assert.rejects(load({} as WorkerLink), /no/);
    assert.deepEqual(asked, ["auto", "auto"]);
  });
});
