using System.Globalization;
using System.Text;

namespace Tocsin.Load;

/// <summary>
/// A POST of some alerts to <c>/api/v2/alerts</c> as bytes that are sent again and again; before each send the numbers of its alerts are
/// written into it, which is all that a request costs here.
/// </summary>
public sealed class AlertBody
{
    /// <summary>What stands before the nine digits that tell one alert from another; a page that holds it can be matched to its alert.</summary>
    public const string Mark = "bench-";

    private const int Digits = 9;
    private const int Hole = 123_456_789;

    private readonly byte[] _request;
    private readonly int[][] _holes;

    /// <param name="alerts">How many alerts a request carries.</param>
    /// <param name="names">Over how many values of <c>alertname</c> they are spread, by number.</param>
    public AlertBody(Uri server, string? key, int alerts, int names, string severity = "critical")
    {
        var body = new StringBuilder("[");
        for (var i = 0; i < alerts; i++)
        {
            body.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""
                {"labels":{"alertname":"HighErrorRate{{i % names:000}}","instance":"{{Mark}}{{Hole}}","job":"checkout","service":"checkout","severity":"{{severity}}","region":"eu-central-1","cluster":"prod-7"},"annotations":{"summary":"{{Mark}}{{Hole}} answers with errors","description":"More than 5 % of the requests failed over five minutes."},"generatorURL":"http://prometheus.example.test/graph?g0.expr=errors"}
                """);
        }

        body.Append(']');
        var text = body.ToString();
        _request = Encoding.ASCII.GetBytes(
            $"POST /api/v2/alerts HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
            + (key is null ? "" : $"Authorization: Bearer {key}\r\n")
            + $"Content-Length: {text.Length}\r\n\r\n{text}");

        var mark = Encoding.ASCII.GetBytes(Mark + Hole.ToString(CultureInfo.InvariantCulture));
        List<int> found = [];
        for (int at = 0, next; (next = _request.AsSpan(at).IndexOf(mark)) >= 0; at += next + mark.Length)
        {
            found.Add(at + next + Mark.Length);
        }

        _holes = [.. found.Chunk(2)];
    }

    public int Alerts => _holes.Length;

    /// <summary>The request with these alerts' numbers: <paramref name="first"/> and those that follow. Valid until the next call.</summary>
    public ReadOnlySpan<byte> With(int first)
    {
        for (var i = 0; i < _holes.Length; i++)
        {
            foreach (var hole in _holes[i])
            {
                Write(first + i, _request.AsSpan(hole, Digits));
            }
        }

        return _request;
    }

    private static void Write(int number, Span<byte> digits)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            (number, var digit) = Math.DivRem(number, 10);
            digits[i] = (byte)('0' + digit);
        }
    }
}
