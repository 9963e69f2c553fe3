using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tocsin.Reports;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>The lines of a search as a file: one JSON object a line, or a table for spreadsheets. Newest first, and no more than a file can be looked through.</summary>
internal static class LogDownload
{
    public const int Most = 10_000;

    private const int Batch = 500;

    /// <summary>A search that is rare in a long time ends so often before its time; then the file ends too.</summary>
    private const int MostPauses = 10;

    public static async Task<IResult> SendAsync(HttpContext http, FrameFactory frames, LogSearch search, CancellationToken ct, string? format = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, fault) = LogsForm.Read(http.Request.Query, page.Frame.Clock);
        fault ??= LogPageEndpoints.TextFault(form);
        if (fault is not null)
        {
            return fault.ToProblem();
        }

        var csv = format == "csv";
        var query = LogPageEndpoints.QueryOf(form);
        var name = $"logs-{page.Now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.{(csv ? "csv" : "ndjson")}";
        PageHeaders.Apply(http.Response);
        http.Response.Headers.ContentDisposition = $"attachment; filename={name}";
        http.Response.ContentType = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
        if (csv)
        {
            await http.Response.WriteAsync("\uFEFFat,level,service,source,environment,trace_id,span_id,message,attributes,id\r\n", ct);
        }

        var (next, left, pauses) = ((string?)null, Most, 0);
        do
        {
            var found = await search.SearchAsync(page.Workspace, query, Math.Min(Batch, left), next, ct);
            var text = new StringBuilder();
            foreach (var line in found.Lines)
            {
                text.Append(csv ? CsvOf(line) : JsonOf(line)).Append(csv ? "\r\n" : "\n");
            }

            await http.Response.WriteAsync(text.ToString(), ct);
            (next, left, pauses) = (found.Next, left - found.Lines.Count, pauses + (found.Complete ? 0 : 1));
        }
        while (next is not null && left > 0 && pauses <= MostPauses);

        return Results.Empty;
    }

    private static string JsonOf(FoundLine found)
    {
        var line = found.Line;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("id", found.Id);
            json.WriteString("at", TimeWindow.Text(line.At));
            json.WriteString("level", line.Level.ToString().ToLowerInvariant());
            json.WriteString("message", line.Message);
            foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("service", line.Service), ("source", line.Source), ("environment", line.Environment), ("trace_id", line.TraceId), ("span_id", line.SpanId), ("attributes", line.Attributes)])
            {
                if (value.Length > 0)
                {
                    json.WriteString(name, value);
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string CsvOf(FoundLine found)
    {
        var line = found.Line;
        string[] cells =
        [
            TimeWindow.Text(line.At), line.Level.ToString().ToLowerInvariant(), line.Service, line.Source, line.Environment, line.TraceId, line.SpanId, line.Message, line.Attributes, found.Id,
        ];
        return string.Join(',', cells.Select(ReportCsv.Cell));
    }
}
