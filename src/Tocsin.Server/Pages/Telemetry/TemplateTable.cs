using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>The patterns of a stretch of time: those that are new in it first, then those with the most lines.</summary>
internal static class TemplateTable
{
    private const int Points = 30;

    /// <param name="counts">Of the stretch of time, by minutes.</param>
    public static IReadOnlyList<TemplateLine> Of(LogsForm form, IEnumerable<LogTemplate> known, IEnumerable<LogRate> counts)
    {
        var (from, length) = (form.Window.From, form.Window.Length);
        Dictionary<long, (long Count, double[] Spark)> byTemplate = [];
        foreach (var rate in counts)
        {
            var (count, spark) = byTemplate.GetValueOrDefault(rate.Template, (0, new double[Points]));
            spark[Math.Clamp((int)((rate.Minute - from) / length * Points), 0, Points - 1)] += rate.Count;
            byTemplate[rate.Template] = (count + rate.Count, spark);
        }

        return
        [
            .. known
                .Where(t => byTemplate.ContainsKey(t.Id) && t.Level >= form.Least && (form.Service.Length == 0 || t.Service == form.Service) && HasWords(form.Q, t))
                .Select(t => new TemplateLine(
                    t.Id, t.Service, t.Level, t.Pattern, t.Example, t.FirstSeenAt, t.LastSeenAt, byTemplate[t.Id].Count, t.Count, t.FirstSeenAt >= from, byTemplate[t.Id].Spark))
                .OrderByDescending(t => t.IsNew).ThenByDescending(t => t.IsNew ? t.Level : LineLevel.Debug).ThenByDescending(t => t.Count).ThenBy(t => t.Id),
        ];
    }

    private static bool HasWords(string q, LogTemplate template)
    {
        var text = LogText.Parse(q);
        return text.IsEmpty || text.Matches(template.Pattern) || text.Matches(template.Example);
    }
}
