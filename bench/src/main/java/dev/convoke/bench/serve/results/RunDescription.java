package dev.convoke.bench.serve.results;

import java.util.Map;
import java.util.OptionalInt;

/**
 * What was run, for the record.
 *
 * @param backend        kind of API
 * @param address        the server's
 * @param route          the requests'
 * @param model          the served name
 * @param tokenizer      where prompts were tokenised
 * @param dataset        where prompts came from
 * @param arrivals       how requests arrived, in words
 * @param requestRate    per second; infinite if not limited
 * @param burstiness     of gamma arrivals
 * @param maxConcurrency the cap, if any
 * @param seed           of prompts and arrivals
 * @param label          a name for the file
 * @param metadata       the user's own pairs
 */
public record RunDescription(String backend, String address, String route, String model, String tokenizer,
    String dataset, String arrivals, double requestRate, double burstiness, OptionalInt maxConcurrency, long seed,
    String label, Map<String, String> metadata) {
}
