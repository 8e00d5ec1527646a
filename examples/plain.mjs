/**
 * The service from Node without any package: fetch for requests, the built-in WebSocket for the
 * stream. `node examples/plain.mjs [URL]`; a service that wants a key finds it in LINNET_API_KEY.
 */
const url = process.argv[2] ?? "http://127.0.0.1:8080";
const key = process.env.LINNET_API_KEY;
const credentials = key === undefined ? {} : { authorization: `Bearer ${key}` };

async function call(path, body) {
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", ...credentials },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.code}: ${answer.detail}`);
  return answer;
}

/** A WebSocket sends no key: where one is wanted, a ticket stands in for it, once. */
async function streamUrl(run, after) {
  const address = new URL(`/v1/runs/${run}/stream?after=${after}`, url.replace(/^http/, "ws"));
  if (key === undefined) return address;
  const { ticket } = await call("/v1/stream-tickets", {});
  address.searchParams.set("ticket", ticket);
  return address;
}

/** One connection; resolves to true once the run is complete, to false when it was cut. */
function listen(address, act) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, "linnet.v1");
    let isComplete = false;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      act(frame);
      if (frame.frame === "complete") isComplete = true;
      if (isComplete) socket.close();
    };
    // Closes of 44xx say that coming back is of no use.
    socket.onclose = ({ code, reason }) =>
      code >= 4400 && code < 4500 ? reject(new Error(reason)) : resolve(isComplete);
  });
}

const model = await call("/v1/models", {
  definition: {
    input: { shape: [20] },
    layers: [
      { type: "dense", units: 32, activation: "relu" },
      { type: "dense", units: 4 },
    ],
  },
});
const dataset = await call("/v1/datasets", { generator: { type: "wedge", train: 500, test: 500 } });
const run = await call("/v1/runs", {
  model: model.id,
  dataset: dataset.id,
  algorithm: { type: "linearised", period: 32 },
  optimizer: { type: "sgd", learning_rate: 0.1 },
  steps: 500,
  evaluate: { every: 100 },
});
console.log(run.id);

let after = 0;
const show = (frame) => {
  if (frame.frame !== "event") return;
  after = frame.seq;
  const { type, data } = frame;
  if (type === "evaluation") console.log(data.step, data.linearised.test.accuracy);
  if (type === "status") console.log(data.status);
};
while (!(await listen(await streamUrl(run.id, after), show))) {
  await new Promise((resolve) => setTimeout(resolve, 500));
}
