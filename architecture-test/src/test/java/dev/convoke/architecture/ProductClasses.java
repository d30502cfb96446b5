package dev.convoke.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Every compiled class of the product on the class path, from folders and jars. */
final class ProductClasses {
    static final String ROOT = "dev.convoke";

    private ProductClasses() {
    }

    static List<CompiledClass> load() {
        final List<CompiledClass> classes = new ArrayList<>();
        for (final String entry : System.getProperty("java.class.path").split(System.getProperty("path.separator"))) {
            final Path path = Path.of(entry);
            if (Files.isDirectory(path) && !path.endsWith("test-classes")) {
                addFrom(path, classes);
            } else if (entry.endsWith(".jar") && Files.exists(path)) {
                addFromJar(path, classes);
            }
        }
        return classes;
    }

    private static void addFromJar(final Path jar, final List<CompiledClass> classes) {
        try (FileSystem files = FileSystems.newFileSystem(jar)) {
            addFrom(files.getPath("/"), classes);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void addFrom(final Path root, final List<CompiledClass> classes) {
        final Path product = root.resolve(ROOT.replace('.', '/'));
        if (!Files.isDirectory(product)) {
            return;
        }
        try (Stream<Path> files = Files.walk(product)) {
            files.filter(file -> file.toString().endsWith(".class")).forEach(file -> classes.add(parse(file)));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompiledClass parse(final Path file) {
        try {
            return CompiledClass.parse(Files.readAllBytes(file));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
