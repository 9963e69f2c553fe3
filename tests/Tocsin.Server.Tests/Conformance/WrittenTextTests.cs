using System.Text;
using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Tests.Conformance;

/// <summary>Values of every kind come back from the store as they went in, one by one and in batches.</summary>
public abstract class WrittenTextTests(Engine engine)
{
    [StoreFact]
    public async Task Texts_of_any_length_and_script_come_back_whole()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        string[] texts = ["", "plain", "Grüße 你好 🚨", new('ä', 70_000), "after a long one", new('x', 400_000), "end"];

        await bench.WriteAsync(async tx =>
        {
            foreach (var text in texts)
            {
                await InsertAsync(tx, text);
            }
        });
        await bench.WriteAsync(tx => tx.BatchAsync(
            "INSERT INTO meta (name, value) {rows}", new("name", Array.ConvertAll(texts, t => $"batch {t.Length}")), new("value", texts)));
        await bench.WriteAsync(tx => tx.BatchAsync(
            "INSERT INTO meta (name, value) {rows}", new("name", Array.ConvertAll(texts, t => $"utf8 {t.Length}")),
            new("value", Array.ConvertAll(texts, t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t)))));

        foreach (var text in texts)
        {
            foreach (var way in new[] { "single", "batch", "utf8" })
            {
                Assert.Equal(text, await bench.ReadAsync(session => session.FirstAsync("SELECT value FROM meta WHERE name = @name", row => row.GetString(0), ("name", $"{way} {text.Length}"))));
                Assert.Equal(Encoding.UTF8.GetBytes(text), await bench.ReadAsync(session => session.FirstAsync("SELECT value FROM meta WHERE name = @name", row => row.Utf8(0), ("name", $"{way} {text.Length}"))));
            }
        }
    }

    [StoreFact]
    public async Task Arguments_may_stand_in_any_order_and_be_null()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        const string insert =
            "INSERT INTO delivery (workspace_id, source, received_at, verdict, signals, rejected, reason, headers, body) VALUES (1, @source, @at, 0, 1, 0, @reason, @reason, @body)";
        (string, object?)[] plain = [("source", "a"), ("at", 1L), ("reason", "r"), ("body", new byte[] { 1, 0, 255 })];
        (string, object?)[] turned = [("body", Array.Empty<byte>()), ("reason", null), ("at", 2L), ("source", "b")];

        await bench.WriteAsync(tx => tx.ExecuteAsync(insert, plain));
        await bench.WriteAsync(tx => tx.ExecuteAsync(insert, turned));

        var rows = await bench.ReadAsync(session => session.QueryAsync(
            "SELECT source, received_at, reason, headers, body FROM delivery ORDER BY received_at",
            static row => (row.GetString(0), row.GetInt64(1), row.NullableString(2), row.NullableString(3), Convert.ToHexString(row.NullableBytes(4)!))));
        Assert.Equal([("a", 1, "r", "r", "0100FF"), ("b", 2, null, null, "")], rows);
    }

    [StoreFact]
    public async Task What_a_statement_changed_is_counted()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        var counts = await bench.WriteAsync(async tx => new[]
        {
            await InsertAsync(tx, "a"), await InsertAsync(tx, "bb"),
            await tx.ExecuteAsync("UPDATE meta SET value = 'c' WHERE name LIKE 'single%'"),
            await tx.ExecuteAsync("DELETE FROM meta WHERE name = 'nobody'"),
        });

        Assert.Equal([1, 1, 2, 0], counts);
    }

    [Fact]
    public void A_document_reads_back_as_it_was_written()
    {
        var document = new AlertDocument
        {
            Source = "prom",
            DedupKey = "k\"ey\\",
            Title = "Grüße \u0000 \ud83d\ude80 </script> \n tab\t",
            Description = "d",
            Service = "s",
            Environment = "e",
            Labels = LabelSet.Of(("alertname", "A<b>"), ("ünï", "code")),
            Annotations = LabelSet.Of(("summary", "x")),
            Links = [new("Runbook", "https://example.test/?a=b&c=d")],
            Images = [new("https://example.test/1.png", "alt", "https://example.test"), new("https://example.test/2.png")],
            Value = "1",
            Threshold = "2",
            SenderFingerprint = "f",
        };

        var read = AlertDocument.FromUtf8(document.ToUtf8());

        // Lists compare by reference, so they are compared by themselves.
        Assert.Equal(document.Links, read.Links);
        Assert.Equal(document.Images, read.Images);
        Assert.Equal(document, read with { Links = document.Links, Images = document.Images });
        Assert.Equal(document.ToUtf8(), read.ToUtf8());

        var bare = new AlertDocument { Source = "a", DedupKey = "b", Title = "c" };
        Assert.Equal(bare, AlertDocument.FromUtf8(bare.ToUtf8()));
    }

    private static Task<int> InsertAsync(Tx tx, string text) =>
        tx.ExecuteAsync("INSERT INTO meta (name, value) VALUES (@name, @value)", ("name", $"single {text.Length}"), ("value", text));

    public sealed class OnSqlite() : WrittenTextTests(Engine.Sqlite)
    {
        /// <summary>The simulator watches the store by triggers, and must not change what it watches.</summary>
        [Fact]
        public async Task What_triggers_change_is_not_counted()
        {
            await using var bench = await EngineBench.OpenAsync(Engine.Sqlite);
            await bench.WriteAsync(tx => tx.ExecuteAsync(
                "CREATE TRIGGER twice AFTER INSERT ON meta WHEN NEW.name = 'single 1' BEGIN INSERT INTO meta (name, value) VALUES ('two', ''), ('three', ''); END"));

            Assert.Equal(1, await bench.WriteAsync(tx => InsertAsync(tx, "a")));
        }
    }

    public sealed class OnPostgres() : WrittenTextTests(Engine.Postgres);
}
