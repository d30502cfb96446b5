package dev.convoke.tensorcuda;

import jcuda.NativePointerObject;

/** The number behind an object of JCuda, for calls that JCuda does not make. */
final class Handle extends NativePointerObject {
    private Handle(final NativePointerObject object) {
        super(object);
    }

    /** Handle or address. */
    static long of(final NativePointerObject object) {
        return new Handle(object).getNativePointer();
    }
}
