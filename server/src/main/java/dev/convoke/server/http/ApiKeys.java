package dev.convoke.server.http;

import dev.convoke.core.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** The keys that let a client in. Only their digests are kept; comparing takes the same time whatever is given. */
public final class ApiKeys {
    /** Lets everybody in. */
    public static final ApiKeys NONE = of(List.of());
    private static final String SCHEME = "Bearer ";

    private final byte[][] digests;

    private ApiKeys(final byte[][] digests) {
        this.digests = digests;
    }

    /** These keys; none lets everybody in. */
    public static ApiKeys of(final List<String> keys) {
        return new ApiKeys(keys.stream().map(ApiKeys::digest).toArray(byte[][]::new));
    }

    /** The lines of a file, except empty ones and those that begin with {@code #}. */
    public static List<String> read(final Path file) {
        final List<String> keys;
        try {
            keys = Files.readAllLines(file).stream().map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
        } catch (final IOException e) {
            throw new ConfigurationException("The file of API keys " + file + " cannot be read; check the path.", e);
        }
        if (keys.isEmpty()) {
            throw new ConfigurationException("The file of API keys " + file + " holds none; write one key a line, or "
                + "leave out --api-key-file.");
        }
        return keys;
    }

    /** Whether everybody is let in. */
    public boolean isOpen() {
        return digests.length == 0;
    }

    /** Whether an {@code Authorization} header, which may be null, carries one of the keys. */
    boolean admits(final String authorization) {
        final boolean bearer = authorization != null && authorization.regionMatches(true, 0, SCHEME, 0,
            SCHEME.length());
        final byte[] given = digest(bearer ? authorization.substring(SCHEME.length()).strip() : "");
        boolean known = false;
        for (final byte[] digest : digests) {
            known |= MessageDigest.isEqual(digest, given);
        }
        return isOpen() || bearer && known;
    }

    private static byte[] digest(final String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
