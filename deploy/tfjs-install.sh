#!/usr/bin/env bash
# Adds TensorFlow.js's native library to an installed Linnet: npm run tfjs:install -- cpu|gpu
#   --wheel FILE   a wheel of TensorFlow that was carried here, instead of one from PyPI
#   --cuda         (gpu) also NVIDIA's CUDA 12 libraries from PyPI, about 3 GB
# The package's own install script would fetch a library of 2022 that knows no GPU since Hopper;
# this one takes the library out of TensorFlow's current wheel and builds the addon against it.
set -euo pipefail
cd "$(dirname "$0")/.."

tfjs=4.22.0
tensorflow=2.21.0

say() { echo "tfjs:install: $*"; }
stop() { say "$*" >&2; exit 1; }

kind=${1:-}
shift || true
wheel=""
cuda=no
while [ $# -gt 0 ]; do
  case $1 in
    --wheel) wheel=${2:?--wheel needs a file}; shift 2 ;;
    --cuda) cuda=yes; shift ;;
    *) stop "unknown option $1" ;;
  esac
done
case $kind in
  cpu) package=tfjs-node; distribution=tensorflow-cpu ;;
  gpu) package=tfjs-node-gpu; distribution=tensorflow ;;
  *) stop "say which: npm run tfjs:install -- cpu, or gpu" ;;
esac

[ "$(uname -sm)" = "Linux x86_64" ] || stop "the wheels are for Linux on x86_64, not $(uname -sm)"
for tool in node npm g++ python3; do
  command -v "$tool" > /dev/null || stop "$tool is missing (apt-get install g++ python3)"
done
[ -d node_modules/onnxruntime-node ] || stop "install Linnet first: npm ci"

headers=""
for folder in "$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")/include/node" \
  /usr/include/node /usr/local/include/node; do
  if [ -f "$folder/node_api.h" ]; then headers=$folder; break; fi
done
[ -n "$headers" ] || stop "node_api.h is missing (apt-get install libnode-dev)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say "adding @tensorflow/$package@$tfjs without its install script"
# It is an optional peer in package.json, which npm installs only when told that it is more.
npm install --no-save --save-prod --ignore-scripts --no-audit --no-fund --loglevel=error \
  "@tensorflow/$package@$tfjs"
home=node_modules/@tensorflow/$package

if [ -z "$wheel" ]; then
  say "taking $distribution $tensorflow from PyPI"
  python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$work" \
    --python-version 3.11 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 \
    "$distribution==$tensorflow" || stop "no wheel from PyPI; carry one here and give it by --wheel"
  wheel=$(find "$work" -name '*.whl' | head -1)
fi
[ -f "$wheel" ] || stop "there is no file $wheel"

say "unpacking $(basename "$wheel")"
python3 - "$wheel" "$home/deps" <<'PYTHON'
import os, sys, zipfile
wheel, deps = sys.argv[1:]
libraries = {"libtensorflow_cc.so.2": "libtensorflow.so",
             "libtensorflow_framework.so.2": "libtensorflow_framework.so"}
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        parts = name.split("/")
        if name.endswith("/") or parts[0] != "tensorflow":
            continue
        if len(parts) == 2 and parts[1] in libraries:
            target = os.path.join(deps, "lib", parts[1])
        elif parts[1] == "include" and ".." not in parts:
            target = os.path.join(deps, *parts[1:])
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, "wb") as out:
            while block := source.read(1 << 22):
                out.write(block)
for name, alias in libraries.items():
    if not os.path.isfile(os.path.join(deps, "lib", name)):
        sys.exit(f"the wheel has no {name}")
    link = os.path.join(deps, "lib", alias)
    if os.path.lexists(link):
        os.remove(link)
    os.symlink(name, link)
PYTHON

if [ "$cuda" = yes ]; then
  [ "$kind" = gpu ] || stop "--cuda goes with gpu"
  say "taking NVIDIA's libraries from PyPI"
  # The wheel's library looks for them beside its own folder, under nvidia/.
  python3 -m pip install --quiet --no-cache-dir --only-binary=:all: --target "$work/cuda" \
    "tensorflow[and-cuda]==$tensorflow" || stop "NVIDIA's libraries cannot be had from PyPI"
  rm -rf "$home/deps/nvidia"
  mv "$work/cuda/nvidia" "$home/deps/nvidia"
fi

say "building the addon with $(g++ --version | head -1)"
mkdir -p "$home/lib/napi-v8"
(cd "$home" && g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -DBUILDING_NODE_EXTENSION \
  -I"$headers" -I.. -I. -Ideps/include binding/tfjs_backend.cc binding/tfjs_binding.cc \
  -Ldeps/lib -Wl,-rpath,'$ORIGIN/../../deps/lib' -ltensorflow -ltensorflow_framework \
  -o lib/napi-v8/tfjs_binding.node) || stop "the addon does not build"

say "trying it"
NVIDIA_TF32_OVERRIDE=0 TF_CPP_MIN_LOG_LEVEL=2 node deploy/tfjs-try.ts "${package#tfjs-}"
