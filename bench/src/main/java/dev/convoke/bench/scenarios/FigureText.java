package dev.convoke.bench.scenarios;

import java.math.BigDecimal;
import java.math.MathContext;

/** Figures as people read them: three digits. */
final class FigureText {
    private static final int DIGITS = 3;

    private FigureText() {
    }

    static String of(final double value) {
        if (!Double.isFinite(value)) {
            return String.valueOf(value);
        }
        final BigDecimal rounded = new BigDecimal(value).round(new MathContext(DIGITS));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
