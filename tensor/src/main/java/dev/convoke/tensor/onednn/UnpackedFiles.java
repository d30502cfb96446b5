package dev.convoke.tensor.onednn;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Files of a jar on the class path, unpacked side by side into a directory that is named after what they hold: once,
 * and again if they are no longer what they were. Each is written under another name and then moved into place, so
 * processes may start at the same time.
 */
final class UnpackedFiles {
    private static final int BUFFER_BYTES = 1 << 20;

    private final List<Entry> entries;
    private final Path directory;

    private UnpackedFiles(final List<Entry> entries, final Path directory) {
        this.entries = entries;
        this.directory = directory;
    }

    /**
     * Looks at the files in the jar.
     *
     * @param folder  of the jar, with a slash at its end
     * @param names   of the files in it
     * @param parent  of the directory they are unpacked into
     * @param purpose the first part of that directory's name
     * @throws NoSuchFileException if one is not on the class path, or not in a jar
     */
    static UnpackedFiles of(final String folder, final List<String> names, final Path parent, final String purpose)
        throws IOException {
        final List<Entry> entries = new ArrayList<>();
        final StringBuilder directory = new StringBuilder(purpose);
        for (final String name : names) {
            final URL url = UnpackedFiles.class.getClassLoader().getResource(folder + name);
            if (url == null || !(url.openConnection() instanceof final JarURLConnection jar)) {
                throw new NoSuchFileException(folder + name);
            }
            final Entry entry = new Entry(name, url, jar.getJarEntry().getSize(), jar.getJarEntry().getCrc());
            entries.add(entry);
            directory.append('-').append(Long.toHexString(entry.crc));
        }
        return new UnpackedFiles(entries, parent.resolve(directory.toString()));
    }

    /** Where they are or will be. */
    Path directory() {
        return directory;
    }

    /** Unpacks what is not there as it should be. */
    void unpack() throws IOException {
        Files.createDirectories(directory);
        for (final Entry entry : entries) {
            final Path file = directory.resolve(entry.name);
            if (!entry.isIn(file)) {
                unpack(entry, file);
            }
        }
    }

    private void unpack(final Entry entry, final Path file) throws IOException {
        final Path part = directory.resolve(entry.name + "." + UUID.randomUUID());
        try {
            try (InputStream from = entry.url.openStream();
                OutputStream to = Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)) {
                from.transferTo(to);
            }
            if (!entry.isIn(part)) {
                throw new IOException(part + " is not what was written to it");
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /**
     * A file in the jar.
     *
     * @param size in bytes
     * @param crc  CRC-32, as the jar has it
     */
    private record Entry(String name, URL url, long size, long crc) {
        boolean isIn(final Path file) throws IOException {
            return Files.isRegularFile(file) && Files.size(file) == size && crcOf(file) == crc;
        }

        private static long crcOf(final Path file) throws IOException {
            final CRC32 sum = new CRC32();
            try (InputStream from = new CheckedInputStream(Files.newInputStream(file), sum)) {
                final byte[] buffer = new byte[BUFFER_BYTES];
                int read = 0;
                while (read >= 0) {
                    read = from.read(buffer);
                }
            }
            return sum.getValue();
        }
    }
}
