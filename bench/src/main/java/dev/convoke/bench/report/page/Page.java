package dev.convoke.bench.report.page;

import dev.convoke.bench.report.Digits;
import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Section;
import dev.convoke.bench.report.Section.Block;
import dev.convoke.bench.report.Style;
import dev.convoke.bench.report.Table;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** One HTML page, with everything it needs within it: it loads nothing. Well-formed as XML, too. */
public final class Page {
    /** Wider drawings stand alone. */
    private static final double COLUMN = 508;

    private final StringBuilder html = new StringBuilder();

    private Page() {
    }

    /**
     * The page.
     *
     * @param title    over it
     * @param subtitle below that: what it was made of
     * @param problems sentences about files that could not be read
     */
    public static String of(final String title, final String subtitle, final List<String> problems,
        final List<Section> sections) {
        final Page page = new Page();
        page.head(title);
        page.html.append("<header><h1>").append(Html.escaped(title)).append("</h1><p>").append(Html.escaped(subtitle))
            .append("</p>");
        page.navigation(sections);
        page.html.append("</header>\n<main>\n");
        page.problems(problems);
        sections.forEach(page::section);
        page.html.append("</main>\n<div id=\"hint\" hidden=\"hidden\"></div>\n<script>\n").append(resource("script.js"))
            .append("</script>\n</body>\n</html>\n");
        return page.html.toString();
    }

    private void head(final String title) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
            + "content=\"width=device-width, initial-scale=1\"/>\n<title>").append(Html.escaped(title))
            .append("</title>\n<style>\n").append(":root {").append(variables(Ink::light))
            .append("}\n@media (prefers-color-scheme: dark) { :root:not([data-theme=\"light\"]) {")
            .append(variables(Ink::dark)).append("} }\n:root[data-theme=\"dark\"] {").append(variables(Ink::dark))
            .append("}\n");
        for (final Ink ink : Ink.values()) {
            html.append(".f-").append(ink.key()).append("{fill:var(--").append(ink.key()).append(")}.s-")
                .append(ink.key()).append("{stroke:var(--").append(ink.key()).append(")}\n");
        }
        for (final Style style : Style.values()) {
            html.append(String.format(Locale.ROOT, ".t-%s{font-size:%.0fpx;font-weight:%d;fill:var(--%s)}%n",
                style.name().toLowerCase(Locale.ROOT), style.size(), style.bold() ? 600 : 400, style.ink().key()));
        }
        html.append(resource("style.css")).append("</style>\n</head>\n<body>\n");
    }

    private static String variables(final Function<Ink, String> colour) {
        final StringBuilder variables = new StringBuilder();
        for (final Ink ink : Ink.values()) {
            variables.append("--").append(ink.key()).append(':').append(colour.apply(ink)).append(';');
        }
        return variables.toString();
    }

    private static String resource(final String name) {
        try (InputStream stream = Page.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void navigation(final List<Section> sections) {
        html.append("<nav>");
        sections.forEach(section -> html.append("<a href=\"#").append(section.key()).append("\">")
            .append(Html.escaped(section.title())).append("</a>"));
        html.append("<button id=\"theme\" type=\"button\">Light or dark</button></nav>");
    }

    private void problems(final List<String> problems) {
        if (!problems.isEmpty()) {
            html.append("<aside class=\"problems\"><strong>Not everything could be read.</strong><ul>");
            problems.forEach(problem -> html.append("<li>").append(Html.escaped(problem)).append("</li>"));
            html.append("</ul></aside>\n");
        }
    }

    private void section(final Section section) {
        html.append("<section id=\"").append(section.key()).append("\">\n<h2>").append(Html.escaped(section.title()))
            .append("</h2>\n");
        if (!section.lead().isEmpty()) {
            html.append("<p class=\"lead\">").append(Html.escaped(section.lead())).append("</p>\n");
        }
        section.blocks().forEach(this::block);
        html.append("</section>\n");
    }

    private void block(final Block block) {
        switch (block) {
            case Section.Figures figures -> {
                html.append("<figure><div class=\"drawings\">");
                figures.drawings().forEach(drawing -> html.append(drawing.width() > COLUMN
                    ? "<div class=\"drawing wide\">" : "<div class=\"drawing\">").append(Svg.of(drawing))
                    .append("</div>\n"));
                html.append("</div><figcaption>").append(Html.escaped(figures.caption()))
                    .append("</figcaption></figure>\n");
            }
            case Section.Listing listing -> table(listing);
            case Section.Header header -> header(header);
            case Section.Note note -> html.append("<p class=\"note\">").append(Html.escaped(note.text()))
                .append("</p>\n");
        }
    }

    private void table(final Section.Listing listing) {
        final Table table = listing.table();
        html.append("<figure><figcaption class=\"above\">").append(Html.escaped(listing.caption()))
            .append("</figcaption><div class=\"scroll\"><table>\n<thead><tr>");
        for (final Table.Column column : table.columns()) {
            html.append(column.numeric() ? "<th class=\"n\">" : "<th>").append(Html.escaped(column.label()));
            if (!column.unit().isEmpty()) {
                html.append(" <span class=\"unit\">").append(Html.escaped(column.unit())).append("</span>");
            }
            html.append("</th>");
        }
        html.append("</tr></thead>\n<tbody>\n");
        final int[] decimals = table.decimals();
        for (final List<Table.Cell> row : table.rows()) {
            html.append("<tr>");
            for (int column = 0; column < row.size(); column++) {
                cell(row.get(column), decimals[column], column == 0);
            }
            html.append("</tr>\n");
        }
        html.append("</tbody></table></div></figure>\n");
    }

    private void cell(final Table.Cell cell, final int decimals, final boolean first) {
        final String element = first ? "th" : "td";
        switch (cell) {
            case Table.Words words -> html.append('<').append(element).append('>').append(Html.escaped(words.text()));
            case Table.Number number -> {
                html.append('<').append(element).append(" class=\"n\">").append(Digits.fixed(number.value(), decimals));
                if (!number.note().isEmpty()) {
                    html.append("<span class=\"ratio ").append(number.tone().name().toLowerCase(Locale.ROOT))
                        .append("\">").append(Html.escaped(number.note())).append("</span>");
                }
            }
        }
        html.append("</").append(element).append('>');
    }

    private void header(final Section.Header header) {
        final Run run = header.run();
        html.append("<article class=\"run\"><h3>").append(Html.escaped(run.name())).append(" <span class=\"kind\">")
            .append(Html.escaped(run.kind())).append("</span></h3>");
        final List<String> origin = new ArrayList<>(run.files());
        if (!run.date().isEmpty()) {
            origin.addFirst(run.date());
        }
        html.append("<p class=\"files\">").append(Html.escaped(String.join(" · ", origin))).append("</p>");
        pairs("Machine", run.machine(), Set.of(), "Its files do not say on which machine it ran.");
        pairs("Settings", run.settings(), header.special(), "Its files do not say how it was run.");
        html.append("</article>\n");
    }

    private void pairs(final String title, final Map<String, String> pairs, final Set<String> special,
        final String otherwise) {
        html.append("<h4>").append(title).append("</h4>");
        if (pairs.isEmpty()) {
            html.append("<p class=\"note\">").append(otherwise).append("</p>");
            return;
        }
        html.append("<dl>");
        pairs.forEach((key, value) -> html.append(special.contains(key) ? "<div class=\"special\"><dt>" : "<div><dt>")
            .append(Html.escaped(key)).append("</dt><dd>").append(Html.escaped(value)).append("</dd></div>"));
        html.append("</dl>");
    }
}
