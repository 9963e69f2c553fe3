using System.Text.Json;
using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>WCAG 2.2 level A and AA as far as a program can tell, by axe-core.</summary>
internal static class Accessibility
{
    private const string Run = """
        () => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })
            .then(r => JSON.stringify(r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${v.help}: ${n.target.join(' ')} ${n.failureSummary}`))))
        """;

    /// <summary>What axe finds wrong on the page as it is now: one line for each element and rule; empty when nothing is.</summary>
    public static async Task<IReadOnlyList<string>> FindingsAsync(IPage page)
    {
        // Evaluated from outside the page, so that its content security policy stays as strict as it is for users.
        await page.EvaluateAsync(await File.ReadAllTextAsync(BrowserSettings.Axe));
        return JsonSerializer.Deserialize<string[]>(await page.EvaluateAsync<string>(Run)) ?? [];
    }
}
