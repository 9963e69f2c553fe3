using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tocsin.Pages;

/// <summary>What the address of the metrics explorer says.</summary>
public sealed class MetricsFormTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 14, 3, 11, TimeSpan.Zero);
    private static readonly Clock s_utc = Clock.In("UTC", s_now);

    [Theory]
    [InlineData("avg", "cpu_percent", "", "", "avg(cpu_percent)")]
    [InlineData("p95", "http.server.duration", "checkout", "", "p95(http.server.duration){service=\"checkout\"}")]
    [InlineData("RATE", "requests (all)", "a \"quoted\" one", "host=~\"a.*\", env!=dev", "rate(requests (all)){service=\"a \\\"quoted\\\" one\", host=~\"a.*\", env!=\"dev\"}")]
    [InlineData("", "x", "", "{env=prod,}", "avg(x){env=\"prod\"}")]
    public void A_choice_is_printed_and_read_again_as_the_same(string how, string name, string service, string tags, string text)
    {
        var pick = SeriesPick.Of(how, name, service, tags).Value!;
        var again = SeriesPick.Parse(pick.Text).Value!;

        Assert.Equal((pick.How, pick.Name, pick.Service), (again.How, again.Name, again.Service));
        Assert.Equal(pick.Matchers.Value, again.Matchers.Value);
        Assert.Equal(text, again.Text);
    }

    [Theory]
    [InlineData("cpu_percent", "m")]
    [InlineData("avg()", "name")]
    [InlineData("median(cpu)", "how")]
    [InlineData("avg(cpu){host=~\"(\"}", "m")]
    [InlineData("avg(cpu){host", "m")]
    public void What_is_no_choice_is_refused_with_a_reason(string text, string field) => Assert.Equal(field, SeriesPick.Parse(text).Error!.Field);

    [Fact]
    public void A_condition_that_is_none_is_refused_beside_its_field() => Assert.Equal("tags", SeriesPick.Of("avg", "cpu", "", "host=~\"(\"").Error!.Field);

    [Fact]
    public void The_form_adds_one_to_those_that_are_there_and_links_say_all_of_them()
    {
        var (form, fault) = Read("?m=avg(cpu)&last=6h&step=5m&name=memory&how=max&service=checkout");

        Assert.Null(fault);
        Assert.Equal(["avg(cpu)", "max(memory){service=\"checkout\"}"], form.Picks.Select(p => p.Text));
        Assert.Equal(form.Picks, Read(new Uri(new("http://localhost"), form.Address).Query).Form.Picks);
        Assert.Equal(("5m", "6h"), (form.Step, form.Window.Last));
    }

    [Fact]
    public void One_too_many_is_told_and_the_others_stay()
    {
        var (form, fault) = Read("?" + string.Join('&', Enumerable.Range(0, MetricsForm.MostPicks).Select(i => $"m=avg(m{i})")) + "&name=another");

        Assert.Equal(MetricsForm.MostPicks, form.Picks.Count);
        Assert.Equal("name", fault!.Field);
    }

    [Theory]
    [InlineData("1h", "", 30)]
    [InlineData("7d", "", 7200)]
    [InlineData("400d", "", 604_800)]
    [InlineData("1h", "10s", 10)]
    [InlineData("30d", "10s", 21_600)]
    public void A_line_has_a_step_that_can_be_seen_and_never_more_than_a_thousand_points(string last, string step, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read($"?last={last}&step={step}").Form.StepLength);

    [Theory]
    [InlineData(60, 30, 150)]
    [InlineData(30, 30, 75)]
    [InlineData(10, 30, 45)]
    public void A_gap_is_what_is_unusual_for_the_series(int every, int step, int seconds)
    {
        (DateTimeOffset, double)[] points = [.. Enumerable.Range(0, 9).Where(i => i != 5).Select(i => (s_now.AddSeconds(i * every), 1.0))];

        Assert.Equal(TimeSpan.FromSeconds(seconds), ChartLine.GapOf(points, TimeSpan.FromSeconds(step)));
    }

    [Fact]
    public void A_table_says_where_a_line_has_no_point()
    {
        ChartLine a = new("a", "l0", TimeSpan.FromMinutes(2), [(s_now, 1), (s_now.AddMinutes(1), 2)]);
        ChartLine b = new("b", "l1", TimeSpan.FromMinutes(2), [(s_now.AddMinutes(1), 3), (s_now.AddMinutes(3), 4)]);

        Assert.Equal([[1, null], [2, 3], [null, 4]], MetricChart.Of("", [a, b]).Rows.Select(r => r.Values));
    }

    private static (MetricsForm Form, Error? Fault) Read(string query) => MetricsForm.Read(new QueryCollection(QueryHelpers.ParseQuery(query)), s_utc);
}
