package dev.convoke.server.http;

import dev.convoke.core.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** Keys that requests carry. Only their digests are kept; comparing takes the same time whatever is given. */
public final class BearerKeys {
    /** No key: none is known. */
    public static final BearerKeys NONE = of(List.of());
    private static final String SCHEME = "Bearer ";

    private final byte[][] digests;

    private BearerKeys(final byte[][] digests) {
        this.digests = digests;
    }

    /** These keys. */
    public static BearerKeys of(final List<String> keys) {
        return new BearerKeys(keys.stream().map(BearerKeys::digest).toArray(byte[][]::new));
    }

    /**
     * The lines of a file, except empty ones and those that begin with {@code #}.
     *
     * @param option that names the file, without the dashes
     */
    public static List<String> read(final Path file, final String option) {
        final List<String> keys;
        try {
            keys = Files.readAllLines(file).stream().map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
        } catch (final IOException e) {
            throw new ConfigurationException("The file of keys " + file + " cannot be read; check --" + option + ".",
                e);
        }
        if (keys.isEmpty()) {
            throw new ConfigurationException("The file of keys " + file + " holds none; write one key a line, or "
                + "leave out --" + option + ".");
        }
        return keys;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return digests.length == 0;
    }

    /** Whether an {@code Authorization} header, which may be null, carries one of them. */
    boolean areIn(final String authorization) {
        final boolean bearer = authorization != null && authorization.regionMatches(true, 0, SCHEME, 0,
            SCHEME.length());
        return holds(digest(bearer ? authorization.substring(SCHEME.length()).strip() : "")) && bearer;
    }

    /** Whether one of them is one of the others. */
    boolean overlap(final BearerKeys others) {
        boolean shared = false;
        for (final byte[] digest : digests) {
            shared |= others.holds(digest);
        }
        return shared;
    }

    private boolean holds(final byte[] given) {
        boolean known = false;
        for (final byte[] digest : digests) {
            known |= MessageDigest.isEqual(digest, given);
        }
        return known;
    }

    private static byte[] digest(final String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
