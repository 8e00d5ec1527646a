#!/usr/bin/env bash
# Model, data set, run and events with curl alone: examples/curl.sh [URL]
set -euo pipefail
url=${1:-http://127.0.0.1:8080}

post() { curl --silent --show-error --fail-with-body -H 'content-type: application/json' "$url$1" -d "$2"; }
# The first id of an answer is its own.
id() { grep -o '"id":"[a-z]*_[0-9a-z]*"' | head -n 1 | cut -d '"' -f 4; }

model=$(post /v1/models '{
  "definition": {
    "input": { "shape": [20] },
    "layers": [{ "type": "dense", "units": 64, "activation": "relu" }, { "type": "dense", "units": 4 }]
  }
}' | id)

dataset=$(post /v1/datasets '{ "generator": { "type": "wedge", "train": 1000, "test": 2000 } }' | id)

run=$(post /v1/runs '{
  "model": "'"$model"'", "dataset": "'"$dataset"'",
  "algorithm": { "type": "linearised", "period": 64 },
  "optimizer": { "type": "sgd", "learning_rate": 0.1 },
  "steps": 500, "evaluate": { "every": 100 }
}' | id)
echo "model $model, data set $dataset, run $run"

# Server-sent events: the history, then live, and the connection ends with the run.
curl --silent --show-error --no-buffer -H 'accept: text/event-stream' "$url/v1/runs/$run/events?after=0" |
  grep --line-buffered -o '"type":"evaluation".*' | cut -c 1-160

curl --silent --show-error --fail-with-body "$url/v1/runs/$run" | grep -o '"result":{.*}}}'
