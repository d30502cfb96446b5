package dev.convoke.bench.resilience;

/**
 * How large trials are.
 *
 * @param model    checkpoint of all processes
 * @param basePort HTTP port of the first decoder; what else listens takes ports up to 199 above
 * @param streams  clients that stream
 * @param tokens   of each answer
 * @param kills    times that a host is killed
 * @param repeat   runs of each kind that are compared, in turns
 * @param seed     of all that is drawn
 */
public record Settings(String model, int basePort, int streams, int tokens, int kills, int repeat, long seed) {
}
