package dev.convoke.server.cli;

import dev.convoke.server.Version;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"convoke " + Version.current()};
    }
}
