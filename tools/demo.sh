#!/bin/bash
# The demo: real networks on real images, on measured devices. `demo.sh PROGRAM`; run by `make demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
mho=$1
mkdir -p results

if [ ! -e data/digits/test.csv ]; then
  echo "demo: fetching the UCI digits (they come inside the scikit-learn wheel; nothing is installed)"
  python3 tools/digits.py data/digits >/dev/null
fi
studies=(demo-digits)
[ -e "${MHO_DATA:-/nowhere}/models/mnist/mnist_CNN6.onnx" ] && studies+=(demo-mnist)
[ -e "${MHO_DATA:-/nowhere}/models/cifar10/resnet20_crosssim.onnx" ] && studies+=(demo-cifar10)

results=()
for study in "${studies[@]}"; do
  echo
  echo "demo: mho infer studies/$study.toml"
  "$mho" infer "studies/$study.toml" --json "results/$study.json"
  results+=("results/$study.json")
done
echo
[ "${#studies[@]}" -gt 1 ] || echo "demo: with MHO_DATA set to a folder of data sets, MNIST and CIFAR-10 are shown as well"
"$mho" report "${results[@]}" --title "Networks on analog arrays" --output results/demo.html
echo "demo: open $PWD/results/demo.html"
