package dev.convoke.tensor.vector;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.tensor.KernelBackend;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import jdk.incubator.vector.VectorShape;

/** Loads the vector backend afresh, so that one JVM can hold it at several widths; each copy begins uncompiled. */
final class IsolatedBackend extends ClassLoader {
    private static final String PACKAGE = VectorBackend.class.getPackageName() + ".";

    private IsolatedBackend() {
        super(VectorBackend.class.getClassLoader());
    }

    /** The backend at a width; skips the test on a CPU whose vectors are narrower. */
    static KernelBackend ofBits(final int bits) {
        final int widest = VectorShape.preferredShape().vectorBitSize();
        assumeTrue(bits <= widest, "this CPU's vectors have " + widest + " bits");
        final String before = System.getProperty(VectorWidth.PROPERTY);
        System.setProperty(VectorWidth.PROPERTY, Integer.toString(bits));
        try {
            final IsolatedBackend loader = new IsolatedBackend();
            Class.forName(Lanes.class.getName(), true, loader);
            return (KernelBackend)loader.loadClass(VectorBackend.class.getName()).getConstructor().newInstance();
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        } finally {
            if (before == null) {
                System.clearProperty(VectorWidth.PROPERTY);
            } else {
                System.setProperty(VectorWidth.PROPERTY, before);
            }
        }
    }

    @Override
    protected Class<?> loadClass(final String name, final boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(PACKAGE)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            final Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(final String name) throws ClassNotFoundException {
        try (InputStream stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (stream == null) {
                throw new ClassNotFoundException(name);
            }
            final byte[] bytes = stream.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
