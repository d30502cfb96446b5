package dev.convoke.bench.report;

import java.util.List;
import java.util.Set;

/**
 * A part of the report.
 *
 * @param key    for links and markers: lower case with hyphens
 * @param title  over it
 * @param lead   what it shows and how to read it; empty for nothing
 * @param blocks from the top
 */
public record Section(String key, String title, String lead, List<Block> blocks) {
    /** What a section is made of. */
    public sealed interface Block {
    }

    /**
     * Drawings beside each other as far as they fit.
     *
     * @param caption what they show
     */
    public record Figures(String caption, List<Drawing> drawings) implements Block {
    }

    /**
     * A table.
     *
     * @param caption what it shows
     */
    public record Listing(String caption, Table table) implements Block {
    }

    /**
     * What a run was: where it ran, what was asked for.
     *
     * @param special settings in which it differs from the other runs of its kind
     */
    public record Header(Run run, Set<String> special) implements Block {
    }

    /** A paragraph: an aside, or why there is nothing to see. */
    public record Note(String text) implements Block {
    }
}
