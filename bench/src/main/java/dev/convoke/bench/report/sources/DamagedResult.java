package dev.convoke.bench.report.sources;

/** A file that cannot be read as what it is; the message goes on after its name: {@code ends in mid-air}. */
final class DamagedResult extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DamagedResult(final String what) {
        super(what);
    }
}
