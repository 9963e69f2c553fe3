using System.Globalization;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// Data points of OTLP as samples. Histograms become <c>NAME_bucket</c> by <c>le</c>, <c>NAME_sum</c> and <c>NAME_count</c>, summaries
/// <c>NAME</c> by <c>quantile</c> with the same two. Exemplars are left out, and points that say that nothing was recorded.
/// </summary>
internal sealed class OtlpMetrics(DateTimeOffset now)
{
    /// <summary>Samples of one request, for a data point may become many.</summary>
    private const int MostSamples = 8 * TelemetryLimits.Batch;

    private const int Unspecified = 0;
    private const int Delta = 1;

    private readonly NamePool _names = new();
    private readonly ReadBatch<MetricSample> _batch = new();
    private int _points;

    private bool IsFull => _points >= TelemetryLimits.Batch || _batch.Entries.Count >= MostSamples;

    /// <returns>Null: there are more than a request may hold.</returns>
    /// <exception cref="OtlpFormatException">It is no such request.</exception>
    public ReadBatch<MetricSample>? Read(ReadOnlySpan<byte> request) => OtlpResource.Each(request, _names, (metric, resource, _) => Metric(metric, resource)) ? _batch : null;

    /// <returns>False: it is too much.</returns>
    private bool Metric(ReadOnlySpan<byte> metric, OtlpResource resource)
    {
        var (name, unit) = ("", "");
        for (var reader = new ProtoReader(metric); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    name = _names.Of(reader.Bytes());
                    break;
                case 3:
                    unit = _names.Of(reader.Bytes());
                    break;
            }
        }

        for (var reader = new ProtoReader(metric); reader.Next();)
        {
            if (reader.Field is 5 or 7 or 9 or 10 or 11 && !Data(reader.Field, reader.Bytes(), new(name, unit, resource)))
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="kind">The field: 5 gauge, 7 sum, 9 histogram, 10 exponential histogram, 11 summary.</param>
    private bool Data(int kind, ReadOnlySpan<byte> data, OtlpMetric metric)
    {
        var (temporality, isMonotonic) = (Unspecified, false);
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            switch (reader.Field)
            {
                case 2:
                    temporality = (int)reader.Number();
                    break;
                case 3 when kind == 7:
                    isMonotonic = reader.Number() != 0;
                    break;
            }
        }

        var fault = metric.Name.Length == 0 ? "A metric needs a name."
            : kind is 7 or 9 or 10 && temporality == Unspecified ? "Its aggregation temporality must be delta or cumulative."
            : null;
        var growing = temporality == Delta ? MetricKind.Delta : MetricKind.Counter;
        metric = metric with { Kind = kind == 5 || (kind == 7 && !isMonotonic && temporality != Delta) ? MetricKind.Gauge : growing };
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            if (reader.Field != 1)
            {
                continue;
            }

            if (IsFull)
            {
                return false;
            }

            Point(kind, reader.Bytes(), metric, fault);
            _points++;
        }

        return true;
    }

    private void Point(int kind, ReadOnlySpan<byte> bytes, OtlpMetric metric, string? fault)
    {
        var before = _batch.Entries.Count;
        try
        {
            fault ??= kind switch
            {
                5 or 7 => Number(bytes, metric),
                9 => Histogram(bytes, metric),
                10 => Exponential(bytes, metric),
                _ => Summary(bytes, metric),
            };
        }
        catch (OtlpFormatException)
        {
            fault = OtlpReader.BadEntry;
        }

        if (fault is not null)
        {
            _batch.Entries.RemoveRange(before, _batch.Entries.Count - before);
            _batch.Reject(_points, metric.Name, metric.Name.Length > 0 ? $"{metric.Name}: {fault}" : fault);
        }
    }

    private string? Number(ReadOnlySpan<byte> bytes, OtlpMetric metric)
    {
        var point = new OtlpPoint(attributes: 7, flags: 8);
        var (value, isSet) = (0.0, false);
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 4:
                    (value, isSet) = (reader.Double(), true);
                    break;
                case 6:
                    (value, isSet) = ((long)reader.Number(), true);
                    break;
                default:
                    point.Take(ref reader, _names);
                    break;
            }
        }

        if (point.SaysNothing)
        {
            return null;
        }

        if (!isSet || !double.IsFinite(value))
        {
            return "The point has no finite value.";
        }

        Add(metric, "", point.Tags(metric.Resource), point.At(now), value);
        return null;
    }

    private string? Histogram(ReadOnlySpan<byte> bytes, OtlpMetric metric)
    {
        var point = new OtlpPoint(attributes: 9, flags: 10);
        var (counts, bounds) = (new List<ulong>(), new List<ulong>());
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 6:
                    reader.Fixed64s(counts);
                    break;
                case 7:
                    reader.Fixed64s(bounds);
                    break;
                default:
                    point.Take(ref reader, _names);
                    break;
            }
        }

        if (point.SaysNothing)
        {
            return null;
        }

        if (counts.Count > 0 && counts.Count != bounds.Count + 1)
        {
            return $"It has {counts.Count} buckets and {bounds.Count} bounds; there is one bucket more than bounds.";
        }

        var buckets = new List<(double Bound, double Count)>();
        var sum = 0.0;
        for (var i = 0; i < bounds.Count && counts.Count > 0; i++)
        {
            sum += counts[i];
            buckets.Add((BitConverter.UInt64BitsToDouble(bounds[i]), sum));
            if (!double.IsFinite(buckets[i].Bound) || (i > 0 && buckets[i].Bound <= buckets[i - 1].Bound))
            {
                return "Its bounds do not increase.";
            }
        }

        return Distribution(metric, point, buckets);
    }

    private string? Exponential(ReadOnlySpan<byte> bytes, OtlpMetric metric)
    {
        var point = new OtlpPoint(attributes: 1, flags: 10);
        var (scale, zeros, threshold) = (0, 0UL, 0.0);
        var (positive, negative) = (default(OtlpBuckets), default(OtlpBuckets));
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 6:
                    scale = reader.Signed();
                    break;
                case 7:
                    zeros = reader.Number();
                    break;
                case 8:
                    positive = OtlpBuckets.Of(reader.Bytes());
                    break;
                case 9:
                    negative = OtlpBuckets.Of(reader.Bytes());
                    break;
                case 14:
                    threshold = reader.Double();
                    break;
                default:
                    point.Take(ref reader, _names);
                    break;
            }
        }

        return point.SaysNothing ? null
            : positive.Counts is { Count: > OtlpBuckets.Most } ? $"It has more than {OtlpBuckets.Most} buckets."
            : Distribution(metric, point, positive.Bounds(scale, zeros + negative.Sum, threshold));
    }

    private string? Summary(ReadOnlySpan<byte> bytes, OtlpMetric metric)
    {
        var point = new OtlpPoint(attributes: 7, flags: 8);
        var quantiles = new List<(double Quantile, double Value)>();
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            if (reader.Field != 6)
            {
                point.Take(ref reader, _names);
                continue;
            }

            var (quantile, value) = (0.0, 0.0);
            for (var one = new ProtoReader(reader.Bytes()); one.Next();)
            {
                (quantile, value) = one.Field switch { 1 => (one.Double(), value), 2 => (quantile, one.Double()), _ => (quantile, value) };
            }

            quantiles.Add((quantile, value));
        }

        if (point.SaysNothing)
        {
            return null;
        }

        foreach (var (quantile, value) in quantiles.Where(q => double.IsFinite(q.Value) && double.IsFinite(q.Quantile)).Take(TelemetryLimits.Tags))
        {
            Add(metric with { Kind = MetricKind.Gauge }, "", point.Tags(metric.Resource, "quantile", quantile.ToString(CultureInfo.InvariantCulture)), point.At(now), value);
        }

        return Totals(metric with { Kind = MetricKind.Counter }, point);
    }

    /// <param name="buckets">Each with all that is at or below its bound.</param>
    private string? Distribution(OtlpMetric metric, in OtlpPoint point, List<(double Bound, double Count)> buckets)
    {
        foreach (var (bound, count) in buckets)
        {
            Add(metric with { Unit = "" }, "_bucket", point.Tags(metric.Resource, "le", bound.ToString(CultureInfo.InvariantCulture)), point.At(now), count);
        }

        Add(metric with { Unit = "" }, "_bucket", point.Tags(metric.Resource, "le", "+Inf"), point.At(now), point.Count);
        return Totals(metric, point);
    }

    private string? Totals(OtlpMetric metric, in OtlpPoint point)
    {
        Add(metric with { Unit = "" }, "_count", point.Tags(metric.Resource), point.At(now), point.Count);
        if (point.Sum is { } sum)
        {
            if (!double.IsFinite(sum))
            {
                return "Its sum is no finite number.";
            }

            Add(metric, "_sum", point.Tags(metric.Resource), point.At(now), sum);
        }

        return null;
    }

    private void Add(OtlpMetric metric, string suffix, LabelSet tags, DateTimeOffset at, double value) => _batch.Entries.Add(
        new(suffix.Length > 0 ? FittedText.Name(metric.Name + suffix) : metric.Name, at, value) { Kind = metric.Kind, Unit = metric.Unit, Service = metric.Resource.Service, Tags = tags });
}

/// <summary>What the data points of a metric have in common.</summary>
internal readonly record struct OtlpMetric(string Name, string Unit, OtlpResource Resource)
{
    public MetricKind Kind { get; init; }
}
