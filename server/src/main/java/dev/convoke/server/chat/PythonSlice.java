package dev.convoke.server.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Python's {@code [start:stop:step]} of strings and lists. Found by Jinjava, hence public. */
public final class PythonSlice {
    private PythonSlice() {
    }

    /** The part; a bound that is null is left out. Strings are cut between code points. */
    public static Object slice(final Object whole, final Object start, final Object stop, final Object step) {
        final int stride = step == null ? 1 : number(step);
        if (stride == 0) {
            throw new IllegalArgumentException("slice step cannot be zero");
        }
        if (whole instanceof String text) {
            final int[] points = text.codePoints().toArray();
            final StringBuilder part = new StringBuilder();
            for (final int index : indices(points.length, start, stop, stride)) {
                part.appendCodePoint(points[index]);
            }
            return part.toString();
        }
        if (!(whole instanceof Collection<?> collection)) {
            throw new IllegalArgumentException("only strings and lists have slices");
        }
        final List<Object> items = new ArrayList<>(collection);
        final List<Object> part = new ArrayList<>();
        for (final int index : indices(items.size(), start, stop, stride)) {
            part.add(items.get(index));
        }
        return part;
    }

    private static List<Integer> indices(final int length, final Object start, final Object stop, final int stride) {
        final boolean forward = stride > 0;
        final int least = forward ? 0 : -1;
        final int most = forward ? length : length - 1;
        final int first = start == null ? forward ? 0 : length - 1 : bound(number(start), length, least, most);
        final int last = stop == null ? forward ? length : -1 : bound(number(stop), length, least, most);
        final List<Integer> indices = new ArrayList<>();
        for (long index = first; forward ? index < last : index > last; index += stride) {
            indices.add((int)index);
        }
        return indices;
    }

    private static int bound(final int value, final int length, final int least, final int most) {
        return Math.clamp(value < 0 ? (long)value + length : value, least, most);
    }

    private static int number(final Object value) {
        return Math.toIntExact(((Number)value).longValue());
    }
}
