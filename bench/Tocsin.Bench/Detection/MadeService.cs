using Tocsin.Telemetry;

namespace Tocsin.Bench.Detection;

/// <summary>
/// One service's lines and metrics for some weeks, minute by minute: days and weeks with their ups and downs, jobs that run each hour or night,
/// deployments, restarts, short gaps, busy hours, and the faults that it is given. The same seed makes the same.
/// </summary>
internal sealed class MadeService
{
    private const int Beat = 1;
    private const int Request = 2;
    private const int Cache = 3;
    private const int Batch = 4;
    private const int Retry = 5;
    private const int Timeout = 6;
    private const int Refused = 7;
    private const int NightlyError = 8;
    private const int Fresh = 100;

    private static readonly Dictionary<int, (LineLevel Level, string Pattern)> _patterns = new()
    {
        [Beat] = (LineLevel.Info, "queue looked at, <*> waiting"),
        [Request] = (LineLevel.Info, "GET <*> answered <*> within <*> ms"),
        [Cache] = (LineLevel.Debug, "cache hit for <*>"),
        [Batch] = (LineLevel.Info, "row <*> of <*> exported"),
        [Retry] = (LineLevel.Warning, "call to <*> is tried again"),
        [Timeout] = (LineLevel.Error, "call to <*> took longer than <*> ms"),
        [Refused] = (LineLevel.Error, "order <*> was refused by <*>"),
        [NightlyError] = (LineLevel.Error, "customer <*> has no address, left out of the report"),
    };

    private readonly Random _random;
    private readonly long _id;
    private readonly long _start;
    private readonly int _minutes;
    private readonly double _rate;
    private readonly double _errorShare;
    private readonly double _swing;
    private readonly int _jobMinute;
    private readonly bool _hourlyJob;
    private readonly double _cpu;
    private readonly double _latency;
    private int _fresh = Fresh;

    private readonly Dictionary<long, double> _deploys = [];
    private readonly Dictionary<long, double> _busy = [];
    private readonly HashSet<long> _gaps = [];
    private readonly Dictionary<long, (Fault Fault, int Template)> _faults = [];
    private readonly Dictionary<(string Name, bool), SeriesHistory> _series = [];

    public MadeService(string name, int number, int seed, long start, int minutes, TelemetryHistory history)
    {
        _random = new(unchecked((seed * 7919) + number));
        (_id, _start, _minutes) = (number * 1000L, start, minutes);
        History = history.Service(name);
        History.KnownSince = start;
        _rate = 15 + (_random.NextDouble() * 120);
        _errorShare = 0.0005 + (_random.NextDouble() * 0.003);
        _swing = 0.3 + (_random.NextDouble() * 0.5);
        _jobMinute = _random.Next(0, 60);
        _hourlyJob = _random.Next(2) == 0;
        _cpu = 15 + (_random.NextDouble() * 25);
        _latency = 40 + (_random.NextDouble() * 150);
        foreach (var (id, (level, pattern)) in _patterns)
        {
            Know(id, level, pattern, start);
        }

        foreach (var (metric, unit) in new[] { ("cpu_percent", "%"), ("memory_percent", "%"), ("latency_ms", "ms"), ("error_rate", ""), ("throughput", ""), ("queue.depth", ""), ("requests", "") })
        {
            var made = new SeriesHistory(name, metric, metric, unit, metric == "requests" ? MetricKind.Counter : MetricKind.Gauge) { KnownSince = start };
            history.Series[_id + _series.Count] = made;
            _series[(metric, true)] = made;
        }
    }

    public ServiceHistory History { get; }

    public List<Fault> Faults { get; } = [];

    /// <summary>Plans what happens.</summary>
    /// <param name="calm">Minutes at the beginning without faults, from which the past is learnt.</param>
    /// <param name="faults">How many; 0: only noise.</param>
    public void Plan(int calm, int faults)
    {
        for (var day = 0; day < _minutes / Minutes.OfDay; day++)
        {
            var noon = _start + (day * (long)Minutes.OfDay);
            if (_random.Next(3) == 0)
            {
                var at = noon + _random.Next(9 * 60, 17 * 60);
                for (var i = 0; i < _random.Next(2, 5); i++)
                {
                    _deploys[at + i] = 3 + (_random.NextDouble() * 4);
                }
            }

            if (_random.Next(3) == 0)
            {
                var (at, times) = (noon + _random.Next(0, Minutes.OfDay), 1.8 + (_random.NextDouble() * 1.2));
                for (var i = 0; i < _random.Next(20, 90); i++)
                {
                    _busy[at + i] = times;
                }
            }

            var gap = noon + _random.Next(0, Minutes.OfDay);
            for (var i = 0; i < _random.Next(0, 5); i++)
            {
                _gaps.Add(gap + i);
            }
        }

        // Each fault has a stretch of its own, with quiet before and after it.
        var stretch = faults == 0 ? 0 : (_minutes - calm) / faults;
        for (var i = 0; i < faults; i++)
        {
            var kind = Fault.Kinds[_random.Next(Fault.Kinds.Count)];
            var length = _random.Next(kind.Least, kind.Most + 1);
            var from = _start + calm + (i * stretch) + _random.Next(60, Math.Max(61, stretch - length - 120));
            if (kind.Kind == "unusual hour")
            {
                // The nightly job's errors, at another hour of the night.
                from -= (from % Minutes.OfDay) - ((5 * 60) + _random.Next(0, 60));
                from += from < _start + calm + (i * stretch) + 60 ? Minutes.OfDay : 0;
            }

            var fault = new Fault(kind.Kind, History.Name, from, from + length, kind.Finders);
            Faults.Add(fault);
            var template = kind.Kind is "database" or "memory" or "disk" ? NewTemplate(kind.Kind, from) : 0;
            for (var at = from; at < from + length; at++)
            {
                _faults[at] = (fault, template);
            }
        }
    }

    public void Make()
    {
        for (var i = 0; i < _minutes; i++)
        {
            Make(_start + i, i);
        }
    }

    private void Make(long minute, int i)
    {
        var (fault, fresh) = _faults.TryGetValue(minute, out var there) ? (there.Fault, there.Template) : (null, 0);
        var kind = fault?.Kind;
        var progress = fault is null ? 0 : (double)(minute - fault.From) / (fault.To - fault.From);
        var (hour, weekday) = (i % Minutes.OfDay / 60.0, i / Minutes.OfDay % 7);
        var season = (1 + (_swing * Math.Sin((hour - 9) / 24 * 2 * Math.PI))) * (weekday >= 5 ? 0.6 : 1) * _busy.GetValueOrDefault(minute, 1);
        var load = season * Spread(0.08);
        var deploy = _deploys.GetValueOrDefault(minute, 1);
        var silent = kind == "silence";
        var rate = _rate * load * (kind == "service" ? 0.6 : 1);

        if (!silent && !_gaps.Contains(minute))
        {
            Write(Beat, minute, kind == "job stopped" ? 0 : 2);
            Write(Request, minute, Poisson(rate));
            Write(Cache, minute, Poisson(rate * 0.5));
            Write(Retry, minute, Poisson(rate * _errorShare * 2) + (kind == "flood" ? Poisson(60 + (rate * 0.6)) : 0));
            Write(Timeout, minute, Poisson(rate * _errorShare * deploy) + (kind is "service" ? Poisson(rate * 2) : 0));
            Write(Refused, minute, Poisson(rate * _errorShare * 0.5) + (kind == "slow burn" ? Poisson(rate * 0.04) : 0));
            Write(Batch, minute, _hourlyJob && minute % 60 >= _jobMinute && minute % 60 < _jobMinute + 4 ? Poisson(80) : 0);

            // The report of each night, in which some customers are always left out.
            var atNight = i % Minutes.OfDay / 60 == 2 && minute % 60 < 10;
            Write(NightlyError, minute, (atNight ? Poisson(12) : 0) + (kind == "unusual hour" ? Poisson(9) : 0));
            if (fresh > 0)
            {
                Write(fresh, minute, kind == "database" ? Poisson(rate * 0.9) : kind == "memory" ? progress > 0.5 ? Poisson(1.5) : 0 : Poisson(1.2));
            }
        }

        if (silent)
        {
            return;
        }

        var shift = kind == "level shift";
        Measure("cpu_percent", minute, kind, Math.Clamp((80 * (1 - Math.Exp(-_cpu * load / 80))) + (kind is "memory" or "service" ? 25 : 0) + (_random.NextDouble() * 4), 0, 100));
        Measure("memory_percent", minute, kind, Math.Clamp(42 + (i % 2880 / 2880.0 * 14) + Noise(1) + (kind == "memory" ? Math.Min(1, progress * 2) * 48 : 0), 0, 100));
        Measure("latency_ms", minute, kind, (_latency * (0.8 + (0.2 * load)) * Math.Exp(Noise(0.12)) * (deploy > 1 ? 1.5 : 1) * (shift ? 1.9 : 1)) + (kind is "latency" or "database" ? 2300 + (Noise(1) * 200) : 0));
        Measure("error_rate", minute, kind, Math.Clamp((_errorShare * deploy * Math.Exp(Noise(0.3))) + (kind is "database" or "service" ? 0.25 : kind == "slow burn" ? 0.04 : 0), 0, 1));
        Measure("throughput", minute, kind, rate * Spread(0.05) * (kind == "database" ? 0.5 : 1));
        Measure("queue.depth", minute, kind, Math.Max(0, Math.Round((20 * load) + Noise(4) + (shift ? 60 : 0))));

        // A restart makes a counter begin anew: its rate of that minute is not known.
        Measure("requests", minute, kind, deploy > 1 && _random.Next(2) == 0 ? double.NaN : rate * Spread(0.05));
    }

    private void Measure(string metric, long minute, string? kind, double value)
    {
        if (!double.IsNaN(value) && !(kind == "series gone" && metric is "queue.depth") && _random.Next(200) != 0)
        {
            _series[(metric, true)].Values[minute] = value;
        }
    }

    private void Write(int template, long minute, int lines)
    {
        if (lines == 0)
        {
            return;
        }

        var known = History.Templates[_id + template];
        known.Lines.Add(minute, lines);
        History.Lines.Add(minute, lines);
        if (known.Level >= LineLevel.Error)
        {
            History.Errors.Add(minute, lines);
        }
    }

    private int NewTemplate(string kind, long from)
    {
        var id = _fresh++;
        Know(id, kind == "database" ? LineLevel.Error : LineLevel.Critical, kind switch
        {
            "database" => $"connection refused by database <*> ({id})",
            "memory" => $"out of memory: <*> bytes asked ({id})",
            _ => $"no space left on device <*> ({id})",
        }, from + (kind == "memory" ? 8 : 0));
        return id;
    }

    private void Know(int id, LineLevel level, string pattern, long since) => History.Templates[_id + id] = new(_id + id, level, pattern, Minutes.At(since));

    private double Spread(double by) => Math.Max(0, 1 + Noise(by));

    private double Noise(double deviation)
    {
        var u = 1 - _random.NextDouble();
        return deviation * Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * _random.NextDouble());
    }

    private int Poisson(double mean)
    {
        if (mean > 30)
        {
            return (int)Math.Max(0, Math.Round(mean + Noise(Math.Sqrt(mean))));
        }

        var (limit, product, count) = (Math.Exp(-mean), _random.NextDouble(), 0);
        while (product > limit)
        {
            product *= _random.NextDouble();
            count++;
        }

        return count;
    }
}
