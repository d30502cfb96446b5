package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.report.Run;

/** Reads one kind of JSON results. */
interface ResultReader {
    /** Whether it is of this kind. */
    boolean recognises(JsonNode result);

    /** Adds what it says to a run; throws {@link DamagedResult} where it contradicts itself. */
    void read(JsonNode result, Run.Builder run);
}
