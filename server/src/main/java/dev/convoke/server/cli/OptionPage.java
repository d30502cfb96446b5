package dev.convoke.server.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** All options of the commands that come with the server, as a page of Markdown. */
final class OptionPage {
    private OptionPage() {
    }

    static String of(final CommandLine root) {
        final StringBuilder page = new StringBuilder("""
            # Configuration

            Every option of every command. With `--config FILE` they come from YAML, whose keys are the options without
            the dashes; options given on the command line win, and a key that no option has is an error. `./convoke
            config COMMAND [OPTION...]` prints what a command would run with, and where each value comes from. This page
            is printed by `./convoke config --markdown`.

            Expert hosts compute for every decoder, and follow the orders of every coordinator, that reaches their
            address and names their model: rows and orders between processes are neither authenticated nor encrypted.
            So addresses other than loopback need `--insecure-network`, and belong on a network that nobody else can
            reach. What goes over HTTP, `--join` included, needs the keys that it was given, and can be HTTPS.
            """);
        for (final CommandLine command : root.getSubcommands().values()) {
            final CommandSpec spec = command.getCommandSpec();
            if (spec.userObject().getClass().getPackage() != OptionPage.class.getPackage()) {
                continue;
            }
            if (command.getSubcommands().isEmpty()) {
                describe(page, spec);
            }
            command.getSubcommands().values().forEach(part -> describe(page, part.getCommandSpec()));
        }
        return page.toString();
    }

    private static void describe(final StringBuilder page, final CommandSpec spec) {
        page.append("\n## ").append(spec.qualifiedName().substring(spec.root().name().length() + 1)).append("\n\n")
            .append(String.join(" ", spec.usageMessage().description()))
            .append("\n\n| option | meaning |\n|---|---|\n");
        for (final OptionSpec option : spec.options()) {
            if (!option.usageHelp() && !option.versionHelp()) {
                page.append("| `").append(option.longestName());
                if (!option.typeInfo().isBoolean()) {
                    page.append(' ').append(option.paramLabel());
                }
                page.append("` | ").append(String.join(" ", option.description())
                    .replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue())).replace("|", "\\|"))
                    .append(" |\n");
            }
        }
    }
}
