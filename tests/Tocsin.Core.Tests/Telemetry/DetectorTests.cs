using Tocsin.Alerts;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>Each detector on windows made by hand: what it takes, and what keeps it quiet.</summary>
public sealed class DetectorTests
{
    private static readonly long _minute = Minutes.Of(new(2031, 5, 14, 10, 59, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(12, true)]
    [InlineData(2, false)]
    public void Errors_that_last_over_the_limit_are_a_burst(int perMinute, bool found)
    {
        var service = Service(hours: 5);
        Fill(service, -300, 0, lines: 100, errors: 1);
        Fill(service, -9, 0, lines: 0, errors: perMinute);

        Assert.Equal(found, ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute) is { IsClear: true });
    }

    [Fact]
    public void What_a_deployment_stirs_up_is_over_before_it_counts()
    {
        var service = Service(hours: 5);
        Fill(service, -300, 0, lines: 100, errors: 1);
        Fill(service, -3, 0, lines: 0, errors: 6);

        Assert.False(ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute)?.IsClear ?? false);
    }

    [Fact]
    public void Very_many_errors_count_at_once()
    {
        var service = Service(hours: 5);
        Fill(service, -300, 0, lines: 100, errors: 1);
        Fill(service, 0, 0, lines: 0, errors: 80);

        var seen = ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute)!;

        Assert.Equal((true, Severity.High, "shop: 85 errors within 5 minutes"), (seen.IsClear, seen.Severity, seen.Title));
        Assert.Equal("in the two hours before: median 5, at most 5 within 5 minutes", seen.Evidence[1]);
    }

    [Fact]
    public void Errors_of_each_night_at_this_time_are_no_burst()
    {
        var service = Service(hours: 24 * 16);
        Fill(service, -300, 0, lines: 100, errors: 0);
        Fill(service, -9, 0, lines: 0, errors: 20);
        foreach (var days in new[] { 7, 14 })
        {
            Fill(service, (-days * Minutes.OfDay) - 9, -days * Minutes.OfDay, lines: 100, errors: 20);
        }

        Assert.Null(ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute) is { IsClear: true } ? "found" : null);
        service.KnownSince = _minute - (5 * 60);
        Assert.True(ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute)!.IsClear);
    }

    [Fact]
    public void Errors_that_grow_as_all_lines_do_are_traffic()
    {
        var service = Service(hours: 5);
        Fill(service, -300, 0, lines: 100, errors: 3);
        Fill(service, -9, 0, lines: 1900, errors: 57);

        Assert.Null(ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute));
    }

    [Theory]
    [InlineData(30, 0, false)]
    [InlineData(31, 0, true)]
    [InlineData(31, 200, false)]
    public void Without_a_past_it_takes_many_errors_among_few_lines(int errors, int others, bool found)
    {
        var service = Service(hours: 0.5);
        Fill(service, 0, 0, lines: others, errors: errors);

        Assert.Equal(found, ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute) is { IsClear: true });
    }

    [Theory]
    [InlineData(2, 30, false)]
    [InlineData(3, 30, true)]
    [InlineData(3, 61, false)]
    public void A_new_error_comes_three_times_within_its_first_hour(int times, int minutesOld, bool found)
    {
        var service = Service(hours: 30);
        var template = Template(service, 7, LineLevel.Error, minutesOld);
        for (var i = 0; i < times; i++)
        {
            template.Lines.Add(_minute - i, 1);
        }

        Assert.Equal(found, NewErrorTemplate.Decide(service, Rule(Detectors.NewError), _minute).Any(o => o.IsClear));
    }

    [Fact]
    public void In_the_first_hour_of_a_service_no_error_is_new()
    {
        var service = Service(hours: 1.2);
        Template(service, 7, LineLevel.Error, 30).Lines.Add(_minute, 50);
        Template(service, 8, LineLevel.Error, 30).Lines.Add(_minute - 1, 50);

        Assert.Empty(NewErrorTemplate.Decide(service, Rule(Detectors.NewError), _minute));
    }

    [Fact]
    public void A_flood_of_one_kind_of_line_is_found_and_a_flood_of_all_is_traffic()
    {
        var service = Service(hours: 30);
        var template = Template(service, 7, LineLevel.Warning, 20 * 60);
        Fill(service, -300, 0, lines: 50, errors: 0);
        for (var i = 0; i < 5; i++)
        {
            template.Lines.Add(_minute - i, 40);
            service.Lines.Add(_minute - i, 40);
        }

        Assert.True(Assert.Single(TemplateBurst.Decide(service, Rule(Detectors.TemplateBurst), _minute)).IsClear);
        Fill(service, -4, 0, lines: 200, errors: 0);
        Assert.Empty(TemplateBurst.Decide(service, Rule(Detectors.TemplateBurst), _minute));
    }

    [Theory]
    [InlineData(14, false)]
    [InlineData(15, true)]
    public void A_beat_has_stopped_after_a_quarter_of_an_hour(int silence, bool found)
    {
        var service = Service(hours: 30);
        var template = Template(service, 7, LineLevel.Info, 26 * 60);
        Fill(service, -300, 0, lines: 50, errors: 0);
        for (var at = _minute - (26 * 60); at <= _minute - silence; at++)
        {
            template.Lines.Add(at, 1);
        }

        Assert.Equal(found, TemplateStopped.Decide(service, Rule(Detectors.TemplateStopped), _minute, long.MinValue).Any());

        // What nobody watched says nothing new.
        Assert.DoesNotContain(TemplateStopped.Decide(service, Rule(Detectors.TemplateStopped), _minute, _minute - 5), seen => seen.IsClear);

        // Another wording from then on is the same line.
        Template(service, 8, LineLevel.Info, silence);
        Assert.Empty(TemplateStopped.Decide(service, Rule(Detectors.TemplateStopped), _minute, long.MinValue));
    }

    [Fact]
    public void A_line_of_a_service_that_was_silent_itself_has_not_stopped()
    {
        var service = Service(hours: 30);
        var template = Template(service, 7, LineLevel.Info, 26 * 60);
        Fill(service, -300, -21, lines: 50, errors: 0);
        for (var at = _minute - (26 * 60); at <= _minute - 21; at += 3)
        {
            template.Lines.Add(at, 1);
        }

        // It was away for eighteen minutes, writes again, and what comes each third minute is not due yet.
        Fill(service, -2, 0, lines: 50, errors: 0);
        Assert.False(Assert.Single(TemplateStopped.Decide(service, Rule(Detectors.TemplateStopped), _minute, long.MinValue)).IsClear);

        Fill(service, 1, 14, lines: 50, errors: 0);
        Assert.True(Assert.Single(TemplateStopped.Decide(service, Rule(Detectors.TemplateStopped), _minute + 14, long.MinValue)).IsClear);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void A_service_that_always_spoke_is_missed_after_ten_minutes(int silence, bool found)
    {
        var service = Service(hours: 5);
        Fill(service, -300, -silence, lines: 5, errors: 0);

        Assert.Equal(found, MissingData.Decide(service, Rule(Detectors.MissingData), _minute, long.MinValue) is not null);

        // What nobody watched keeps open what was found, and begins nothing.
        Assert.Equal(found ? false : null, MissingData.Decide(service, Rule(Detectors.MissingData), _minute, _minute - 5)?.IsClear);
    }

    [Fact]
    public void A_service_that_falls_silent_at_this_time_each_day_is_not_missed()
    {
        var service = Service(hours: 24 * 16);
        foreach (var days in new[] { 0, 1, 2, 7, 14 })
        {
            Fill(service, (-days * Minutes.OfDay) - 300, (-days * Minutes.OfDay) - (days == 0 ? 11 : 14), lines: 5, errors: 0);
        }

        Assert.Null(MissingData.Decide(service, Rule(Detectors.MissingData), _minute, long.MinValue));

        // Where it went on until now on each of those days, it is.
        foreach (var days in new[] { 1, 2, 7, 14 })
        {
            Fill(service, (-days * Minutes.OfDay) - 13, (-days * Minutes.OfDay) + 40, lines: 5, errors: 0);
        }

        Assert.Equal((true, Severity.High), MissingData.Decide(service, Rule(Detectors.MissingData), _minute, long.MinValue) is { } seen ? (seen.IsClear, seen.Severity) : default);
    }

    [Fact]
    public void What_is_at_another_hour_since_two_days_is_at_its_hour()
    {
        var service = Service(hours: 24 * 16);
        foreach (var days in new[] { 0, 1, 2, 7, 14 })
        {
            Fill(service, (-days * Minutes.OfDay) - 300, (-days * Minutes.OfDay) + (days is 7 or 14 ? 40 : -11), lines: 5, errors: 0);
            Fill(service, (-days * Minutes.OfDay) - 30, (-days * Minutes.OfDay) - 11, lines: 0, errors: days is 7 or 14 ? 0 : 20);
        }

        Assert.Null(MissingData.Decide(service, Rule(Detectors.MissingData), _minute, long.MinValue));
        Assert.False(ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute - 12)?.IsClear ?? false);
        Fill(service, -Minutes.OfDay - 60, -Minutes.OfDay + 40, lines: 5, errors: -20);
        Assert.True(ErrorBurst.Decide(service, Rule(Detectors.ErrorBurst), _minute - 12)?.IsClear);
    }

    [Fact]
    public void A_service_of_one_day_that_stops_is_no_reason_to_wake_anybody()
    {
        var service = Service(hours: 5);
        Fill(service, -300, -20, lines: 5, errors: 0);

        Assert.Equal(Severity.Warning, MissingData.Decide(service, Rule(Detectors.MissingData), _minute, long.MinValue)!.Severity);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(23 * 60, true)]
    [InlineData(25 * 60, false)]
    public void Silence_goes_on_for_a_day_until_nobody_waits_for_the_service_any_more(int silence, bool goesOn)
    {
        var service = Service(hours: 24 * 3);
        service.LastAt = _minute - silence;
        OpenFinding open = new(Detectors.MissingData, "shop", "", Minutes.At(_minute));

        var seen = MissingData.Decide(service, Rule(Detectors.MissingData), _minute, long.MinValue);

        // It keeps what was found, and finds nothing by itself.
        Assert.Equal(goesOn, seen is { IsClear: false });
        Assert.Equal(goesOn ? 1 : 0, FindingLife.Decide([open], seen is null ? [] : [seen], Minutes.At(_minute)).Count);
    }

    [Fact]
    public void Services_that_were_given_up_long_ago_are_not_counted_among_those_that_speak()
    {
        var history = new TelemetryHistory();
        for (var i = 0; i < 12; i++)
        {
            var service = history.Service($"s{i}");
            service.KnownSince = _minute - (10 * Minutes.OfDay);
            if (i < 4)
            {
                Fill(service, -300, -20, lines: 5, errors: 0);
                foreach (var days in new[] { 1, 2, 7 })
                {
                    Fill(service, (-days * Minutes.OfDay) - 60, (-days * Minutes.OfDay) + 60, lines: 5, errors: 0);
                }
            }
        }

        Assert.Equal("4 of 4 services are silent", Assert.Single(Examination.Look(history, DetectorBook.Usual, _minute, Detectors.MissingData)).Title);
    }

    [Fact]
    public void Most_services_silent_at_once_are_one_finding()
    {
        var history = new TelemetryHistory();
        for (var i = 0; i < 4; i++)
        {
            var service = history.Service($"s{i}");
            service.KnownSince = _minute - 300;
            Fill(service, -300, i == 0 ? 0 : -20, lines: 5, errors: 0);
        }

        var seen = Assert.Single(Examination.Look(history, DetectorBook.Usual, _minute, Detectors.MissingData));

        Assert.Equal(("", "3 of 4 services are silent"), (seen.Service, seen.Title));
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(130, false)]
    [InlineData(300, true)]
    public void A_metric_far_from_its_last_two_hours_is_an_outlier(double value, bool found)
    {
        var series = Latency();
        for (var i = 0; i < 9; i++)
        {
            series.Values[_minute - i] = value;
        }

        Assert.Equal(found, MetricOutlier.Decide(series, null, Rule(Detectors.MetricOutlier), _minute) is { IsClear: true });
    }

    [Fact]
    public void A_metric_that_is_there_each_week_at_this_time_is_no_outlier()
    {
        var series = Latency();
        series.KnownSince = _minute - (15 * Minutes.OfDay);
        for (var i = -40; i < 40; i++)
        {
            foreach (var days in new[] { 7, 14 })
            {
                series.Values[_minute - i - (days * (long)Minutes.OfDay)] = 300 + i;
            }
        }

        for (var i = 0; i < 9; i++)
        {
            series.Values[_minute - i] = 300;
        }

        Assert.Null(MetricOutlier.Decide(series, null, Rule(Detectors.MetricOutlier), _minute));
    }

    [Fact]
    public void A_metric_that_moved_and_stays_is_found_although_no_value_is_far_out()
    {
        var series = new SeriesHistory("shop", "queue.depth", "queue.depth", "", MetricKind.Gauge) { KnownSince = _minute - 600 };
        for (var at = _minute - 600; at <= _minute; at++)
        {
            series.Values[at] = 100 + (at % 21) + (at > _minute - 25 ? 55 : 0);
        }

        var seen = MetricOutlier.Decide(series, null, Rule(Detectors.MetricOutlier), _minute)!;

        Assert.True(seen.IsClear);
        Assert.Contains("is high", seen.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(85, false)]
    [InlineData(85.5, true)]
    public void A_limit_is_passed_when_five_minutes_are_over_it(double value, bool found)
    {
        var series = new SeriesHistory("shop", "cpu_percent", "cpu_percent", "%", MetricKind.Gauge);
        for (var i = 0; i < 5; i++)
        {
            series.Values[_minute - i] = i == 3 ? value : 99;
        }

        // At the limit it keeps a finding open, and begins none.
        Assert.Equal(found, Thresholds.Decide(series, Rule(Detectors.Threshold), _minute)!.IsClear);
        Assert.Null(Thresholds.Decide(series, Rule(Detectors.Threshold) with { Limits = new Dictionary<SnapshotField, double> { [SnapshotField.CpuPercent] = 98 } }, _minute));
    }

    [Theory]
    [InlineData(0.0144, 0.02, false)]
    [InlineData(0.0145, 0.02, true)]
    [InlineData(0.0145, 0.0144, false)]
    public void A_budget_burns_too_fast_over_a_long_and_a_short_time(double hour, double minutes, bool found)
    {
        var slo = new DetectorRule("up", Detectors.Slo) { Service = "shop", Objective = 0.999 };

        var seen = SloBurn.Decide(slo, span => span == TimeSpan.FromHours(1) ? new(hour * 60, 60) : span == TimeSpan.FromMinutes(5) ? new(minutes * 5, 5) : new(0, 100));

        Assert.Equal((found, Severity.High), (seen!.IsClear, seen.Severity));
    }

    [Fact]
    public void A_budget_that_burns_slowly_is_found_by_the_longer_spans_although_it_is_almost_too_much_for_the_shortest()
    {
        var slo = new DetectorRule("up", Detectors.Slo) { Service = "shop", Objective = 0.995 };

        var seen = SloBurn.Decide(slo, span => new((span <= TimeSpan.FromHours(6) ? 0.042 : 0.001) * span.TotalMinutes, span.TotalMinutes))!;

        Assert.Equal((true, Severity.High), (seen.IsClear, seen.Severity));
        Assert.Contains("bad over 6 hours: 8.4 times", seen.Evidence[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_that_is_kept_again_is_not_said_to_burn_for_days()
    {
        var slo = new DetectorRule("up", Detectors.Slo) { Service = "shop", Objective = 0.995 };

        // Two days ago was an outage; since then six of ten allowed errors happen.
        Assert.Null(SloBurn.Decide(slo, span => new((span > TimeSpan.FromDays(1) ? 0.005 : 0.003) * span.TotalMinutes, span.TotalMinutes)));
    }

    [Fact]
    public void Three_bad_events_of_counted_ones_are_needed()
    {
        var slo = new DetectorRule("up", Detectors.Slo) { Service = "shop", Objective = 0.999, Measure = SloMeasure.Lines };

        Assert.Null(SloBurn.Decide(slo, _ => new(2, 60)));
        Assert.NotNull(SloBurn.Decide(slo, _ => new(3, 60)));
    }

    [Fact]
    public void A_question_is_answered_beyond_its_limit()
    {
        var now = Minutes.At(_minute + 1);
        var lines = new DetectorRule("cards", Detectors.Query) { Query = new() { Text = "refused", MoreThan = 20 } };
        var queue = new DetectorRule("queue", Detectors.Query) { Query = new() { Metric = "q", Above = 10, Within = TimeSpan.FromMinutes(4) } };

        Assert.Null(FixedQueries.OfLines(lines, 20, now));
        Assert.Equal("cards: 21 lines within 5 minutes", FixedQueries.OfLines(lines, 21, now)!.Title);
        Assert.Null(FixedQueries.OfMetric(queue, "q", [11, 10, 11, 11], now));
        Assert.Null(FixedQueries.OfMetric(queue, "q", [11], now));
        Assert.Equal("queue: q above 10", FixedQueries.OfMetric(queue, "q", [11, 12], now)!.Title);
    }

    [Fact]
    public void A_finding_begins_when_it_is_clear_goes_on_while_it_is_not_and_ends_when_it_is_calm()
    {
        var now = Minutes.At(_minute);
        var seen = new Observation(Detectors.ErrorBurst, "shop", "", true, Severity.High, "t", "", []);
        OpenFinding open = new(Detectors.ErrorBurst, "shop", "", now);

        Assert.Equal("t", Assert.Single(FindingLife.Decide([], [seen], now)).Title);
        Assert.Empty(FindingLife.Decide([], [seen with { IsClear = false }], now));
        Assert.False(Assert.Single(FindingLife.Decide([open], [seen with { IsClear = false }], now)).Over);
        Assert.Empty(FindingLife.Decide([open], [], now.AddMinutes(9.9)));
        Assert.True(Assert.Single(FindingLife.Decide([open], [], now.AddMinutes(10))).Over);
    }

    private static DetectorRule Rule(string detector) => new(detector, detector);

    private static ServiceHistory Service(double hours) => new("shop") { KnownSince = _minute - (long)(hours * 60) };

    private static TemplateHistory Template(ServiceHistory service, long id, LineLevel level, int minutesOld) =>
        service.Templates[id] = new(id, level, $"pattern {id} of <*>", Minutes.At(_minute - minutesOld));

    /// <param name="from">In minutes from the newest one, both inclusive.</param>
    private static void Fill(ServiceHistory service, int from, int to, int lines, int errors)
    {
        for (var at = _minute + from; at <= _minute + to; at++)
        {
            service.Lines.Add(at, lines + errors);
            service.Errors.Add(at, errors);
        }
    }

    private static SeriesHistory Latency()
    {
        var series = new SeriesHistory("shop", "latency_ms", "latency_ms", "ms", MetricKind.Gauge) { KnownSince = _minute - 600 };
        for (var at = _minute - 600; at <= _minute; at++)
        {
            series.Values[at] = 95 + (at % 11);
        }

        return series;
    }
}
