package dev.convoke.server;

import dev.convoke.core.Named;

/** A subcommand of the command line that lives in another module, found through a services file. */
public interface CommandProvider extends Named {
    /** A new picocli command, an object whose class is annotated as one; its name is {@link #name()}. */
    Object command();
}
