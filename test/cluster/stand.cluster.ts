/** The ground that the cluster's tests stand on: links that are cut, servers that freeze. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import pg from "pg";
import { Link } from "./link.ts";
import { openStand } from "./stand.ts";

/** A server that answers every byte with itself. */
async function echo(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/** `once` would reject when a reset comes before the close. */
const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

async function talk(port: number) {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  const ask = async (text: string): Promise<string> => {
    socket.write(text);
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString();
  };
  return { socket, ask };
}

describe("a link", () => {
  it("passes bytes both ways, and resets what is open when it is cut", async (t) => {
    await using link = await Link.open(await echo(t));
    const { socket, ask } = await talk(link.port);
    assert.equal(await ask("one"), "one");
    const closed = closeOf(socket);
    link.cut();
    await closed;
    const refused = connect(link.port, "127.0.0.1");
    refused.on("error", () => undefined);
    await closeOf(refused);
    link.heal();
    const again = await talk(link.port);
    assert.equal(await again.ask("two"), "two");
    again.socket.destroy();
  });

  it("delivers nothing while it is silent, and what waited once it is whole", async (t) => {
    await using link = await Link.open(await echo(t));
    const { socket, ask } = await talk(link.port);
    assert.equal(await ask("one"), "one");
    link.silence();
    let answers = 0;
    socket.on("data", () => {
      answers += 1;
    });
    const answer = ask("two");
    const late = connect(link.port, "127.0.0.1");
    late.on("error", () => undefined);
    await once(late, "connect");
    // The echo would have answered within one turn of another connection.
    assert.equal(answers, 0);
    link.heal(true);
    assert.equal(await answer, "two");
    late.write("three");
    const [third] = (await once(late, "data")) as [Buffer];
    assert.equal(third.toString(), "three");
    socket.destroy();
    late.destroy();
  });
});

describe("the stand", () => {
  it("has a database that keeps what was committed when it is killed or frozen", async () => {
    await using stand = await openStand();
    const { postgres } = stand;
    const ask = async (text: string) => {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      const { rows } = await client.query(text);
      await client.end();
      return rows;
    };
    await ask("create table kept (it int)");
    await ask("insert into kept values (7)");
    await postgres.kill();
    await assert.rejects(ask("select 1"));
    await postgres.start();
    await postgres.freeze();
    const answer = ask("select it from kept");
    await postgres.thaw();
    assert.deepEqual(await answer, [{ it: 7 }]);
  });
});
