package dev.convoke.server.cli;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        final String version = Convoke.class.getPackage().getImplementationVersion();
        return new String[] {"convoke " + (version == null ? "(development)" : version)};
    }
}
