package dev.convoke.bench.scenarios;

import java.util.List;
import java.util.Optional;

/**
 * Something that is measured in the same way each time.
 *
 * @param name       of its file, without the ending
 * @param title      of its section in the page of figures
 * @param sentence   what it shows
 * @param checkpoint that is made first where it is not there yet
 * @param server     that runs meanwhile
 * @param repeat     how often the steps are done; each time all of them in turn
 * @param steps      benchmarks
 * @param figures    what is kept of their results
 */
public record Scenario(String name, String title, String sentence, Optional<Checkpoint> checkpoint,
    Optional<Server> server, int repeat, List<Step> steps, List<Figure> figures) {

    /**
     * A benchmark.
     *
     * @param arguments of {@code convoke bench}; {@code {result}} stands for the file for its JSON object, {@code
     *                  {work}} for the directory of checkpoints
     * @param full      further ones, for figures that are kept
     * @param quick     those instead where it is only tried out
     * @param shown     whether what it prints, which is Markdown then, goes into the page
     * @param judges    whether it exits with 1 also where only a claim does not hold
     */
    public record Step(List<String> arguments, List<String> full, List<String> quick, boolean shown, boolean judges) {
    }

    /**
     * A checkpoint with random weights.
     *
     * @param directory in that of checkpoints
     * @param arguments of {@code convoke bench synthesize}, without the directory
     */
    public record Checkpoint(String directory, List<String> arguments) {
    }

    /**
     * A server for the load generator.
     *
     * @param port      of its API
     * @param arguments of {@code convoke serve}, without the port
     */
    public record Server(int port, List<String> arguments) {
    }
}
