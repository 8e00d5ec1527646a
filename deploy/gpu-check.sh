#!/usr/bin/env bash
# What to do the day a GPU is there, in one command: npm run gpu:check
#   --provider DIR  take ONNX Runtime's CUDA provider from this folder, not from the network
#   --tfjs          also TensorFlow.js on CUDA; --wheel FILE takes TensorFlow from a file
#   --quick         measure small sizes
#   --python FILE   a Python with PyTorch or JAX, for bench:gpu; as often as wanted
#   --out DIR       where the report goes; gpu-check unless told
# Every step goes on after one that failed, and the report says how each ended. Exit code 1 then.
# Without an NVIDIA card the steps that need one are named and not tried, and the exit code is 1
# too; the others run on whatever Vulkan driver there is, with small sizes.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
# Read by cuBLAS and cuDNN: float32 means float32 here, as it does in trainers.
export NVIDIA_TF32_OVERRIDE=${NVIDIA_TF32_OVERRIDE:-0}

out=gpu-check
provider=""
wheel=""
tfjs=no
measure=()
stop() { echo "gpu:check: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --provider) provider=${2:?--provider needs a folder}; shift 2 ;;
    --wheel) wheel=${2:?--wheel needs a file}; shift 2 ;;
    --python) measure+=(--python "${2:?--python needs a file}"); shift 2 ;;
    --out) out=${2:?--out needs a folder}; shift 2 ;;
    --quick) measure+=(--quick); shift ;;
    --tfjs) tfjs=yes; shift ;;
    *) stop "unknown option $1" ;;
  esac
done
[ -d node_modules/onnxruntime-node ] || stop "install Linnet first: npm ci"
mkdir -p "$out" || stop "$out cannot be written"

# The driver says what it sees; in trouble it may hang.
cards=$(timeout 10 nvidia-smi --query-gpu=index,name,driver_version,memory.total --format=csv 2>&1)
card=yes
if ! grep -q '^[0-9]' <<< "$cards"; then
  card=no
  command -v nvidia-smi > /dev/null || cards="it is not installed"
  [[ " ${measure[*]} " == *" --quick "* ]] || measure+=(--quick)
fi

report=$out/report.md
failed=0
untried=0
{
  echo "# GPU check"
  echo
  echo "$(date -u +%Y-%m-%dT%H:%M:%SZ), $(uname -srm), Node $(node --version)."
  echo
  echo '```'
  if [ "$card" = yes ]; then echo "$cards"; else echo "nvidia-smi shows no card: ${cards##*: }"; fi
  echo '```'
  echo
  echo "| step | how it ended | seconds | log |"
  echo "|---|---|---|---|"
} > "$report"

# step NAME LIMIT COMMAND…: its output goes to a file of its own.
step() {
  local name=$1 limit=$2 log began ended how
  shift 2
  log=$(echo "$name" | tr 'A-Z' 'a-z' | tr -c 'a-z0-9\n' '-').log
  echo "── $name"
  began=$(date +%s)
  timeout --kill-after=10 "$limit" bash -c '"$@"' step "$@" > "$out/$log" 2>&1 < /dev/null
  ended=$?
  case $ended in
    0) how=ok ;;
    124 | 137) how="stopped after $limit" ;;
    *) how="failed ($ended)" ;;
  esac
  if grep -aq '^ℹ pass' "$out/$log"; then
    how="$how: $(grep -aE '^ℹ (pass|fail) ' "$out/$log" | sed 's/^ℹ //' | paste -sd, -)"
  fi
  # A suite that skipped itself ended well and showed nothing.
  local skipped='^﹣ (the .* backend|ONNX Runtime on)'
  if [ "$ended" -eq 0 ] && grep -aqE "$skipped" "$out/$log"; then
    how="skipped: $(grep -aE "$skipped" "$out/$log" | sed 's/.*# //; s/|/\//g' | head -1)"
    ended=1
  fi
  [ "$ended" -eq 0 ] || failed=$((failed + 1))
  echo "   $how"
  echo "| $name | $how | $(($(date +%s) - began)) | [$log]($log) |" >> "$report"
}

# The same for a step that only a card can answer.
card_step() {
  if [ "$card" = yes ]; then step "$@"; return; fi
  untried=$((untried + 1))
  echo "── $1"
  echo "   not tried: no NVIDIA card is seen"
  echo "| $1 | not tried: no NVIDIA card is seen | 0 | – |" >> "$report"
}

folder=node_modules/onnxruntime-node/bin/napi-v6/linux/x64
install_provider() {
  if [ -n "$provider" ]; then
    cp "$provider/libonnxruntime_providers_cuda.so" "$provider/libonnxruntime_providers_shared.so" \
      "$folder/"
  else
    # Told "cuda12", the script takes itself for asked nothing, and within npm does nothing.
    ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js
  fi || return
  [ -f "$folder/libonnxruntime_providers_cuda.so" ] && return
  echo "the installation ended well, and left no libonnxruntime_providers_cuda.so in $folder"
  return 1
}
# What the provider needs of CUDA, as the loader sees it.
libraries() {
  [ -f "$folder/libonnxruntime_providers_cuda.so" ] || { echo "it is not installed"; return 1; }
  ldd "$folder/libonnxruntime_providers_cuda.so" | tee /dev/stderr | grep -q 'not found' && return 1
  return 0
}
contract() { node --test --test-reporter=spec "$@"; }
# Of the suites of one name alone: named SUITE FILE.
named() { contract --test-name-pattern "$1" "$2"; }
export folder provider
export -f install_provider libraries contract named

if [ -n "$provider" ]; then
  step "install the CUDA provider" 15m install_provider
elif [ ! -f "$folder/libonnxruntime_providers_cuda.so" ]; then
  card_step "install the CUDA provider" 15m install_provider
fi
engine=test/engine/onnxruntime
of_cuda="the onnxruntime-cuda backend"
of_webgpu="the onnxruntime-webgpu backend"
card_step "the libraries of the provider" 1m libraries
step "linnet doctor" 5m node src/cli.ts doctor
card_step "contract: onnxruntime on cuda" 15m named "$of_cuda" $engine-gpu.test.ts
step "contract: onnxruntime on webgpu" 15m named "$of_webgpu" $engine-gpu.test.ts
step "arithmetic of products" 5m contract test/engine/arithmetic.test.ts
card_step "placement on cuda" 15m named "ONNX Runtime on cuda" $engine-placement.test.ts
step "placement on webgpu" 15m named "ONNX Runtime on webgpu" $engine-placement.test.ts
if [ "$tfjs" = yes ]; then
  take=(gpu --cuda)
  [ -z "$wheel" ] || take+=(--wheel "$wheel")
  card_step "install tensorflow.js" 30m bash deploy/tfjs-install.sh "${take[@]}"
  native=test/engine/tfjs-native.test.ts
  card_step "contract: tfjs-node-gpu" 15m named "the tfjs-node-gpu backend" $native
fi
card_step "bench:gpu on cuda" 60m node bench/gpu.ts --device cuda --out "$out" "${measure[@]}"
step "bench:gpu on webgpu" 60m node bench/gpu.ts --device webgpu --out "$out" "${measure[@]}"

for page in "$out"/gpu-*.md; do
  # Not what an earlier check has left there.
  [ "$page" -nt "$out/linnet-doctor.log" ] || continue
  { echo; sed 's/^#/##/' "$page"; } >> "$report"
done
{
  [ "$failed" -eq 0 ] || echo "gpu:check: $failed steps did not end well"
  [ "$untried" -eq 0 ] || echo "gpu:check: $untried steps were not tried: no NVIDIA card is seen"
  echo "gpu:check: the report is $report"
}
[ $((failed + untried)) -eq 0 ]
