package dev.convoke.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class DigitsTest {
    @Test
    void shouldShowThreeDigitsThatSaySomething() {
        assertEquals("0", Digits.of(0));
        assertEquals("7", Digits.of(7));
        assertEquals("1.50", Digits.of(1.5));
        assertEquals("0.0123", Digits.of(0.01234));
        assertEquals("12.3", Digits.of(12.34));
        assertEquals("1235", Digits.of(1234.6));
        assertEquals("12\u2009346", Digits.of(12345.6));
        assertEquals("-1\u2009234\u2009568", Digits.of(-1234567.6));
        assertEquals("–", Digits.of(Double.NaN));
        assertEquals("∞", Digits.of(Double.POSITIVE_INFINITY));
    }

    @Test
    void shouldGiveAColumnOneNumberOfDecimals() {
        assertEquals(0, Digits.decimals(DoubleStream.of(1, 20, 300)));
        assertEquals(2, Digits.decimals(DoubleStream.of(1.25, 2.5, 9, Double.NaN)));
        assertEquals(1, Digits.decimals(DoubleStream.of(1.25, 2.5, 900)));
        assertEquals(0, Digits.decimals(DoubleStream.empty()));
    }

    @Test
    void shouldWriteRatiosToTheDigitThatMatters() {
        assertEquals("×1.00", Digits.ratio(1));
        assertEquals("×0.53", Digits.ratio(0.527));
        assertEquals("×12.4", Digits.ratio(12.36));
        assertEquals("×250", Digits.ratio(250.2));
        assertEquals("×0.0053", Digits.ratio(0.0053));
    }
}
