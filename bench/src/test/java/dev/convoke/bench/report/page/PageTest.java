package dev.convoke.bench.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.bench.report.Ink;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.SampleRuns;
import dev.convoke.bench.report.figures.Sections;
import dev.convoke.bench.report.sources.RunFiles;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class PageTest {
    @TempDir
    private Path directory;

    private static Document parsed(final String html) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(final Document page, final String name) {
        final NodeList nodes = page.getElementsByTagName(name);
        final List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element)nodes.item(i));
        }
        return elements;
    }

    @Test
    void shouldBeWellFormedAndLoadNothing() throws Exception {
        SampleRuns.all(directory);
        final RunFiles files = RunFiles.read(List.of(directory));
        final String html = Page.of("A title", "below", List.of("a.json is damaged."), Sections.of(files.runs()));
        final Document page = parsed(html);
        assertFalse(html.replaceAll("http://127\\.0\\.0\\.1:8080", "").matches("(?s).*(https?:|url\\(|@import|//[a-z]).*"));
        for (final String loading : List.of("link", "img", "iframe", "object", "use", "image")) {
            assertEquals(List.of(), elements(page, loading), loading);
        }
        assertTrue(elements(page, "script").stream().noneMatch(script -> script.hasAttribute("src")));
        final Set<String> keys = new TreeSet<>();
        elements(page, "section").forEach(section -> assertTrue(keys.add(section.getAttribute("id"))));
        assertEquals(Set.of("serving", "stages", "deployments", "gate", "experts", "runs"), keys);
        elements(page, "a").forEach(link -> assertTrue(keys.contains(link.getAttribute("href").substring(1))));
    }

    @Test
    void shouldNameEveryRunAndEveryProblem() throws Exception {
        SampleRuns.all(directory);
        final RunFiles files = RunFiles.read(List.of(directory));
        final Document page = parsed(Page.of("t", "s", List.of("x.json is <damaged> & left out."),
            Sections.of(files.runs())));
        assertEquals(files.runs().stream().map(run -> run.name() + " " + run.kind()).toList(),
            elements(page, "h3").stream().map(Element::getTextContent).toList());
        assertEquals("x.json is <damaged> & left out.", elements(page, "li").getFirst().getTextContent());
    }

    @Test
    void shouldColourOnlyWithInksThatAreDefined() throws Exception {
        SampleRuns.all(directory);
        final String html = Page.of("t", "s", List.of(), Sections.of(RunFiles.read(List.of(directory)).runs()));
        final Set<String> known = new TreeSet<>();
        for (final Ink ink : Ink.values()) {
            known.add(ink.key());
        }
        final Matcher used = Pattern.compile("class=\"[fs]-([a-z0-9-]+)\"|var\\(--([a-z0-9-]+)\\)").matcher(html);
        int count = 0;
        while (used.find()) {
            assertTrue(known.contains(used.group(1) != null ? used.group(1) : used.group(2)), used.group());
            count++;
        }
        assertTrue(count > 100);
    }

    @Test
    void shouldWriteOutCharactersThatMeanSomething() throws Exception {
        SampleRuns.serve(directory, "a<b>&\"c'", 10, 30, true);
        Files.writeString(directory.resolve("odd.json"), "{\"benchmark\": \"</script><b>\", \"results\": "
            + "[{\"\\u0000&\": \"\\ud800<\"}]}");
        final List<Run> runs = RunFiles.read(List.of(directory)).runs();
        final Document page = parsed(Page.of("<t>", "s", List.of(), Sections.of(runs)));
        assertEquals("<t>", elements(page, "h1").getFirst().getTextContent());
        assertEquals("a<b>&\"c' serve", elements(page, "h3").getFirst().getTextContent());
    }

    @Test
    void shouldSayWhatFilesDoNotSay() throws Exception {
        SampleRuns.histograms(directory, "alone");
        final String html = Page.of("t", "s", List.of(), Sections.of(RunFiles.read(List.of(directory)).runs()));
        assertTrue(html.contains("Its files do not say on which machine it ran."));
        assertTrue(html.contains("Its files do not say how it was run."));
    }
}
