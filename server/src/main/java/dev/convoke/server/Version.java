package dev.convoke.server;

/** Which Convoke this is. */
public final class Version {
    private Version() {
    }

    /** The version in the jar's manifest; {@code (development)} where there is no jar. */
    public static String current() {
        final String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(development)" : version;
    }
}
