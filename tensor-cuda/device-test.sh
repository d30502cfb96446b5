#!/usr/bin/env bash
# Tests and measures a GPU on a machine that has neither Java nor a network. Usage:
#   tensor-cuda/device-test.sh pack [ARCHIVE]          where Maven and a JDK 25 are: builds, and packs a Java runtime, Convoke and the device tests
#   tensor-cuda/device-test.sh run [ARCHIVE [LOGS]]    where the GPU is, in a checkout of the same commit: runs the contract suite and the models
#                                                      against their references, measures experts and exchanges, and prints one table
# ARCHIVE is tensor-cuda/target/device-test.tar.xz unless given. What the steps print goes to files in LOGS.
set -euo pipefail

readonly root=$(cd "$(dirname "$0")/.." && pwd -P)
readonly command=${1:-}
readonly archive=$(realpath -m "${2:-$root/tensor-cuda/target/device-test.tar.xz}")
readonly layers=mixtral-8x7b,qwen3-30b-a3b,deepseek-v3
readonly modules=java.base,java.logging,java.management,java.naming,java.sql,java.xml,jdk.incubator.vector,jdk.management,jdk.unsupported
# Jars that nothing here calls: those of chat templates, micro-benchmarks and CPU kernels, and parts of libraries.
readonly unneeded='^(jinjava|dnnl|guava|failureaccess|listenablefuture|j2objc|error_prone|checker-qual|jsr305|annotations|re2j|java-ipv6|commons-|javassist|derive4j|algebra|hubspot|immutable|encode|big-math|jmh|jopt|jna|prometheus-metrics-tracer|apiguardian|junit-jupiter-params)'
readonly step_seconds=180

fail() {
    echo "device-test: $*" >&2
    exit 1
}

# Everything uncompressed, since xz compresses it better: classes in a folder for each jar, natives of one platform only.
pack() {
    local java_home
    java_home=$("$root/convoke" --java-home)
    local -r staged=$root/tensor-cuda/target/device-test
    (cd "$root" && JAVA_HOME=$java_home mvn -q --batch-mode ${MAVEN_ARGUMENTS:-} -P device-test -Dmaven.test.skip.exec=true -pl bench -am package) >&2 ||
        fail "the build failed; see above."
    rm -rf "$staged"
    mkdir -p "$staged"
    "$java_home/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --compress zip-0 --vm server \
        --output "$staged/java" || fail "the runtime cannot be linked; see above."
    local jar
    for jar in "$root"/bench/target/device-test/lib/*.jar; do
        if [[ ! $(basename "$jar") =~ $unneeded ]]; then
            mkdir -p "$staged/lib/$(basename "$jar" .jar)"
            (cd "$staged/lib/$(basename "$jar" .jar)" && "$java_home/bin/jar" --extract --file "$jar")
        fi
    done
    cp -R "$root/bench/target/device-test/tests" "$root/bench/target/device-test/jvm.options" "$staged"
    find "$staged/lib" \( -name module-info.class -o -path '*/META-INF/maven/*' -o -path '*/META-INF/versions/*' -o -path '*/native/lib/win-*' \
        -o -path '*/native/lib/osx-*' -o -path '*/native/lib/linux-aarch64/*' -o -name 'libJN*' -o -name 'libJCudaRuntime*' \) -type f -delete
    if command -v strip >/dev/null; then
        strip --strip-unneeded "$staged/java/lib/server/libjvm.so" "$staged"/lib/tokenizers-*/native/lib/linux-x86_64/cpu/libtokenizers.so
    fi
    git -C "$root" rev-parse HEAD >"$staged/commit"
    mkdir -p "$(dirname "$archive")"
    tar -C "$staged" --sort=name --owner=0 --group=0 --mtime=@0 -c . | xz -9 >"$archive"
    echo "$archive: $(du -k "$archive" | cut -f1) KiB, $(du -sk "$staged" | cut -f1) KiB unpacked"
}

unpacked() {
    if command -v xz >/dev/null; then
        xz -dc "$archive"
    elif command -v python3 >/dev/null; then
        python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer, 1 << 20)' "$archive"
    else
        fail "neither xz nor python3 is here to unpack $archive; install one."
    fi
}

java() {
    timeout "$step_seconds" "$work/java/bin/java" "@$work/jvm.options" -Xmx4g -XX:MaxDirectMemorySize=4g -Dconvoke.home="$work" \
        -Dconvoke.models="$root/models" -Djava.io.tmpdir="$work/tmp" -DDJL_CACHE_DIR="$work/tmp" -cp "$classes" "$@"
}

# step NAME LOG COMMAND...: says how a step ended; the others go on without it.
step() {
    local -r name=$1 log=$logs/$2 started=$SECONDS
    shift 2
    local status=0
    "$@" >"$log" 2>&1 || status=$?
    case $status in
        0) outcome=passed ;;
        124) outcome="not done after $step_seconds s" ;;
        *) outcome="failed, see $log" ;;
    esac
    ((status == 0)) || failed=yes
    seconds=$((SECONDS - started))
}

row() {
    printf '| %s | %s |\n' "$1" "$2" >>"$work/table"
}

run_tests() {
    step tests device-tests.txt java dev.convoke.tensorcuda.DeviceTestRun dev.convoke.server.deployment.DeviceModelTest
    row "device tests" "$(sed -n 's/^device tests: //p' "$logs/device-tests.txt"), $seconds s: $outcome"
    sed -n 's/^\(tiny-moe\|golden mixtral\) \([^:]*\): \(.*\)/| \1 \2 | \3 |/p' "$logs/device-tests.txt" >>"$work/table"
    [[ $outcome == passed ]] || tail -30 "$logs/device-tests.txt"
}

run_benchmark() {
    step experts experts.txt java dev.convoke.server.cli.Convoke bench experts --backend cuda --layer "$layers" --rows 0,1,4,16,64,512 \
        --exchange aeron-ipc --exchange-rows 1,16 --threads 1
    row "experts and exchanges" "$seconds s: $outcome"
    awk -F ' *[|] *' '
        $3 ~ /^aeron/ { printf "| %s, 2 hosts over %s, %s rows | p50 %s us, p99 %s us, device %s us, outside %s us |\n", $2, $3, $5, $6, $7, $9, $10; next }
        $3 ~ /^[0-9]+$/ || $3 == "token" { printf "| %s, %s | batch %s us, device %s us, copies %s us, kernel %s us, %s GB/s, %s TFLOP/s |\n", $2,
            $3 == "token" ? "one token" : $3 " rows an expert", $5, $6, $7, $8, $9, $10 }' "$logs/experts.txt" >>"$work/table"
    [[ $outcome == passed ]] || tail -30 "$logs/experts.txt"
}

run() {
    [[ -r $archive ]] || fail "$archive is not here; make it with tensor-cuda/device-test.sh pack on a machine with Maven and a JDK 25, and bring it."
    [[ -d $root/models/tiny-moe ]] || fail "the models are not beside this script ($root/models); run it in a checkout."
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/tmp"
    logs=$(realpath -m "${3:-$root/tensor-cuda/target/device-test-logs}")
    mkdir -p "$logs"
    unpacked | tar -C "$work" -x || fail "$archive is damaged; bring it here once more."
    classes=$work/tests:$(printf '%s:' "$work"/lib/*)
    local found
    if ! found=$(java dev.convoke.tensorcuda.DeviceTestRun --probe 2>"$logs/probe.txt"); then
        fail "there is nothing to test here: ${found:-the packed Java does not run, see $logs/probe.txt}"
    fi
    row device "${found#device: }"
    failed=
    run_tests
    run_benchmark
    printf '| on %s, commit %s | |\n|---|---|\n' "$(date -u +%F)" "$(cut -c1-7 "$work/commit")"
    cat "$work/table"
    [[ -z $failed ]]
}

case $command in
    pack) pack ;;
    run) run "$@" ;;
    *) fail "usage: tensor-cuda/device-test.sh pack [ARCHIVE] | run [ARCHIVE [LOGS]]" ;;
esac
