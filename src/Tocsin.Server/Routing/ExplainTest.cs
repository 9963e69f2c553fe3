using System.Globalization;
using System.Text;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Routing;

/// <summary>Writes what was explained as a test to be put beside a route: <c>tocsin check</c> then says when it no longer holds.</summary>
internal static class ExplainTest
{
    /// <returns>A list entry for <c>tests:</c> in YAML, with a line end; null: there is nothing to expect.</returns>
    public static string? Write(Explanation explanation)
    {
        if (explanation is not { Alert: { } alert, Destinations: [var destination, ..] })
        {
            return null;
        }

        var text = new StringBuilder("- labels: {");
        text.AppendJoin(", ", alert.Labels.Select(l => $"{Text(l.Key)}: {Text(l.Value)}")).Append("}\n");
        if (explanation.At is { } at)
        {
            text.Append("  at: ").Append(at.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture)).Append('\n');
        }

        List<string> expects = [];

        // A silence that a person made is not there when the estate is checked.
        if (explanation.Mutes.FirstOrDefault(m => m.Mutes && m.Kind == "maintenance") is { } mute)
        {
            expects.Add($"muted_by: {Text(mute.Name)}");
        }
        else
        {
            expects.Add($"policy: {Text(destination.Policy)}");
            var first = destination.Steps.SelectMany(s => s.Pages.Select(page => (Step: s, Page: page)))
                .Where(p => p.Page.RecipientKind != "channel").OrderBy(p => p.Page.AfterSeconds).FirstOrDefault();
            if (first.Page is { } page)
            {
                expects.Add($"first_page: {Text(page.Recipient)}");
                expects.Add($"by: {Text(page.Method)}");
                expects.Add($"within: {DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(page.AfterSeconds)))}");
            }
            else
            {
                expects.Add("nobody: true");
            }
        }

        return text.Append("  expect: {").AppendJoin(", ", expects).Append("}\n").ToString();
    }

    /// <summary>As YAML reads it back: quoted unless it is a plain word.</summary>
    private static string Text(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n")
            ? text
            : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
