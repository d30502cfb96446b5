package dev.convoke.tensor.onednn;

import dev.convoke.core.ConvokeException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of oneDNN that are used. Its objects are addresses. Whoever creates one destroys it, but for those that
 * are as old as the process. Initialised once {@link OnednnLibrary} is loaded, never before.
 */
final class Dnnl {
    /** The version whose constants are used: others may number types and layouts in another way. */
    static final String VERSION = "3.13";
    static final int SOURCE = 1;
    static final int WEIGHTS = 33;
    static final int DESTINATION = 17;
    static final int SCRATCHPAD = 80;

    private static final int CPU = 1;
    private static final int SCRATCHPAD_OF_USER = 1;
    private static final int IN_ORDER = 1;
    private static final int QUERY_IMPLEMENTATION = 8;
    private static final int QUERY_SCRATCHPAD = 136;
    private static final int NAME_BYTES = 256;
    private static final ValueLayout.OfLong POINTER = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final SymbolLookup LIBRARY = SymbolLookup.loaderLookup();

    private static final MethodHandle SET_THREADS = function("omp_set_num_threads", null, INT);
    private static final MethodHandle LIBRARY_VERSION = function("dnnl_version", POINTER);
    private static final MethodHandle ENGINE_CREATE = function("dnnl_engine_create", INT, POINTER, INT, POINTER);
    private static final MethodHandle STREAM_CREATE = function("dnnl_stream_create", INT, POINTER, POINTER, INT);
    private static final MethodHandle STREAM_DESTROY = function("dnnl_stream_destroy", INT, POINTER);
    private static final MethodHandle WITH_STRIDES = function("dnnl_memory_desc_create_with_strides", INT, POINTER,
        INT, POINTER, INT, POINTER);
    private static final MethodHandle WITH_TAG = function("dnnl_memory_desc_create_with_tag", INT, POINTER, INT,
        POINTER, INT, INT);
    private static final MethodHandle DESCRIPTOR_BYTES = function("dnnl_memory_desc_get_size", POINTER, POINTER);
    private static final MethodHandle ATTRIBUTES_CREATE = function("dnnl_primitive_attr_create", INT, POINTER);
    private static final MethodHandle ATTRIBUTES_DESTROY = function("dnnl_primitive_attr_destroy", INT, POINTER);
    private static final MethodHandle SET_SCRATCHPAD_MODE = function("dnnl_primitive_attr_set_scratchpad_mode", INT,
        POINTER, INT);
    private static final MethodHandle MATMUL = function("dnnl_matmul_primitive_desc_create", INT, POINTER, POINTER,
        POINTER, POINTER, POINTER, POINTER, POINTER);
    private static final MethodHandle QUERY = function("dnnl_primitive_desc_query", INT, POINTER, INT, INT, POINTER);
    private static final MethodHandle QUERY_DESCRIPTOR = function("dnnl_primitive_desc_query_md", POINTER, POINTER,
        INT, INT);
    private static final MethodHandle PRIMITIVE_CREATE = function("dnnl_primitive_create", INT, POINTER, POINTER);
    private static final MethodHandle MEMORY_CREATE = function("dnnl_memory_create", INT, POINTER, POINTER, POINTER,
        POINTER);
    private static final MethodHandle MEMORY_DESTROY = function("dnnl_memory_destroy", INT, POINTER);
    private static final MethodHandle SET_DATA = function("dnnl_memory_set_data_handle", INT, POINTER, POINTER);
    private static final MethodHandle EXECUTE = function("dnnl_primitive_execute", INT, POINTER, POINTER, INT,
        POINTER);

    private static final long ENGINE = created(out -> (int)ENGINE_CREATE.invokeExact(out, CPU, 0L));

    private Dnnl() {
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(final String name, final MemoryLayout result,
        final MemoryLayout... parameters) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), result == null
            ? FunctionDescriptor.ofVoid(parameters) : FunctionDescriptor.of(result, parameters));
    }

    /** As {@code 3.13}. */
    @SuppressWarnings("restricted")
    static String version() {
        return call(() -> {
            final MemorySegment version = MemorySegment.ofAddress((long)LIBRARY_VERSION.invokeExact())
                .reinterpret(2L * Integer.BYTES);
            return version.get(INT, 0) + "." + version.get(INT, Integer.BYTES);
        });
    }

    /** What this thread does from now on it does alone: with more threads oneDNN may split sums. */
    static void useOneThread() {
        call(() -> {
            SET_THREADS.invokeExact(1);
            return null;
        });
    }

    /** A stream, for one thread. */
    static long stream() {
        return created(out -> (int)STREAM_CREATE.invokeExact(out, ENGINE, IN_ORDER));
    }

    static void destroyStream(final long stream) {
        check(() -> (int)STREAM_DESTROY.invokeExact(stream));
    }

    /** A row-major matrix without gaps. */
    static long matrix(final long rows, final long columns, final int type) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment extents = arena.allocateFrom(ValueLayout.JAVA_LONG, rows, columns);
            final MemorySegment strides = arena.allocateFrom(ValueLayout.JAVA_LONG, columns, 1);
            return created(out ->
                (int)WITH_STRIDES.invokeExact(out, 2, extents.address(), type, strides.address()));
        }
    }

    /** A matrix in one of oneDNN's own layouts. */
    static long matrix(final long rows, final long columns, final int type, final int layout) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment extents = arena.allocateFrom(ValueLayout.JAVA_LONG, rows, columns);
            return created(out -> (int)WITH_TAG.invokeExact(out, 2, extents.address(), type, layout));
        }
    }

    /** Bytes that a matrix takes. */
    static long bytes(final long matrix) {
        return call(() -> (long)DESCRIPTOR_BYTES.invokeExact(matrix));
    }

    /** How {@code destination = source x weights} is to be computed, with a scratchpad of the caller's. */
    static long product(final long source, final long weights, final long destination) {
        final long attributes = created(out -> (int)ATTRIBUTES_CREATE.invokeExact(out));
        try {
            check(() -> (int)SET_SCRATCHPAD_MODE.invokeExact(attributes, SCRATCHPAD_OF_USER));
            return created(out ->
                (int)MATMUL.invokeExact(out, ENGINE, source, weights, 0L, destination, attributes));
        } finally {
            check(() -> (int)ATTRIBUTES_DESTROY.invokeExact(attributes));
        }
    }

    /** What computes a product, for example {@code brg_matmul:avx512_core_vnni}. */
    @SuppressWarnings("restricted")
    static String implementation(final long product) {
        final long name = created(out -> (int)QUERY.invokeExact(product, QUERY_IMPLEMENTATION, 0, out));
        return MemorySegment.ofAddress(name).reinterpret(NAME_BYTES).getString(0);
    }

    /** The matrix that a product wants as its scratchpad; the product's. */
    static long scratchpad(final long product) {
        return call(() -> (long)QUERY_DESCRIPTOR.invokeExact(product, QUERY_SCRATCHPAD, 0));
    }

    /** The code that computes a product. */
    static long primitive(final long product) {
        return created(out -> (int)PRIMITIVE_CREATE.invokeExact(out, product));
    }

    /** A matrix at an address, or yet at none. */
    static long memory(final long matrix, final long address) {
        return created(out -> (int)MEMORY_CREATE.invokeExact(out, matrix, ENGINE, address));
    }

    static void destroyMemory(final long memory) {
        check(() -> (int)MEMORY_DESTROY.invokeExact(memory));
    }

    /** Lets a matrix lie at an address. */
    static void place(final long memory, final long address) {
        try {
            check((int)SET_DATA.invokeExact(memory, address));
        } catch (final Throwable t) {
            throw failed(t);
        }
    }

    /**
     * Computes a product.
     *
     * @param arguments address of its matrices: for each its role, padding and the memory, 16 bytes
     */
    static void execute(final long primitive, final long stream, final int count, final long arguments) {
        try {
            check((int)EXECUTE.invokeExact(primitive, stream, count, arguments));
        } catch (final Throwable t) {
            throw failed(t);
        }
    }

    private static long created(final Creation creation) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment out = arena.allocate(POINTER);
            check(() -> creation.create(out.address()));
            return out.get(POINTER, 0);
        }
    }

    private static void check(final Status call) {
        check((int)call(call::call));
    }

    private static void check(final int status) {
        if (status != 0) {
            throw new ConvokeException("oneDNN fails with status " + status);
        }
    }

    private static <T> T call(final Call<T> call) {
        try {
            return call.call();
        } catch (final Throwable t) {
            throw failed(t);
        }
    }

    private static RuntimeException failed(final Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }

    /** A function that writes the address of what it creates. */
    @FunctionalInterface
    private interface Creation {
        int create(long out) throws Throwable;
    }

    /** A function that returns a status. */
    @FunctionalInterface
    private interface Status {
        int call() throws Throwable;
    }

    /** Any function. */
    @FunctionalInterface
    private interface Call<T> {
        T call() throws Throwable;
    }
}
