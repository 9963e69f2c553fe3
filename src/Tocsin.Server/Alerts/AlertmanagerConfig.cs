using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tocsin.Estate;
using Tocsin.Routing;

namespace Tocsin.Alerts;

/// <summary>
/// The routing tree in Alertmanager's own YAML, with escalation policies as receivers: Grafana refuses an Alertmanager whose
/// configuration it cannot read, and <c>amtool config routes</c> draws it.
/// </summary>
internal static class AlertmanagerConfig
{
    /// <summary>The names that alerts can go to, sorted.</summary>
    public static IReadOnlyList<string> Receivers(EstateModel estate) => [.. estate.Policies.Keys.Append(Route.NoPolicy).Order(StringComparer.Ordinal)];

    public static string Write(EstateModel estate)
    {
        var yaml = new StringBuilder("global:\n  resolve_timeout: 5m\nroute:\n");
        Write(yaml, estate.Route, "  ", isRoot: true);
        yaml.Append("receivers:\n");
        foreach (var receiver in Receivers(estate))
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - name: {Text(receiver)}\n");
        }

        return yaml.ToString();
    }

    private static void Write(StringBuilder yaml, Route route, string indent, bool isRoot)
    {
        // A comment takes a whole line: names may hold anything but a line's end, which they cannot have.
        yaml.Append(CultureInfo.InvariantCulture, $"{indent}# {Notify.PlainText.OneLine(route.Name, 200)}\n");
        Line(yaml, indent, "receiver", route.Policy is { } policy ? Text(policy) : isRoot ? Text(Route.NoPolicy) : null);
        Line(yaml, indent, "matchers", route.Match.Count == 0 ? null : List(route.Match.Select(MatcherText.Format)));
        Line(yaml, indent, "group_by", route.GroupBy is { } names ? List(names) : isRoot ? List(Router.DefaultGroupBy) : null);
        Line(yaml, indent, "group_wait", route.GroupWait is { } wait ? DurationText.Format(wait) : isRoot ? DurationText.Format(Router.DefaultGroupWait) : null);
        Line(yaml, indent, "group_interval", route.GroupInterval is { } interval && interval >= TimeSpan.FromSeconds(1) ? DurationText.Format(interval) : null);
        Line(yaml, indent, "continue", route.Continue && !isRoot ? "true" : null);
        if (route.Routes.Count == 0)
        {
            return;
        }

        yaml.Append(CultureInfo.InvariantCulture, $"{indent}routes:\n");
        foreach (var child in route.Routes)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"{indent}  -\n");
            Write(yaml, child, indent + "    ", isRoot: false);
        }
    }

    private static void Line(StringBuilder yaml, string indent, string key, string? value)
    {
        if (value is not null)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"{indent}{key}: {value}\n");
        }
    }

    private static string List(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Text))}]";

    /// <summary>A JSON string is a YAML string, whatever is in it.</summary>
    private static string Text(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
