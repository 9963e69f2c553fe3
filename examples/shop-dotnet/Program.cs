// A till that takes twenty orders, logs and measures each, and ends. Where the server is and the key to it come from TOCSIN_SERVER and TOCSIN_TOKEN.
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ShopDotnet;
using Tocsin.Sdk.Telemetry;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.AddTocsin(options => options.Service = "shop-dotnet");
builder.Services.AddTocsinMetrics(options => options.Meters.Add("Shop*"));
builder.Services.AddHostedService<Till>();

using var host = builder.Build();
var telemetry = host.Services.GetRequiredService<TocsinTelemetry>();
await host.RunAsync();

// The end of the host has sent what waited.
Console.WriteLine($"{telemetry.LogStats.Accepted} log entries and {telemetry.MetricStats.Accepted} metrics are with the server, {telemetry.LogStats.Lost + telemetry.MetricStats.Lost} are lost.");
return telemetry.LogStats.Lost + telemetry.MetricStats.Lost == 0 ? 0 : 1;

namespace ShopDotnet
{
    internal sealed class Till(ILogger<Till> logger, IHostApplicationLifetime life) : BackgroundService
    {
        private static readonly Meter _meter = new("Shop.Till");
        private static readonly Counter<long> _orders = _meter.CreateCounter<long>("shop.orders", "{order}");
        private static readonly Histogram<double> _amounts = _meter.CreateHistogram<double>("shop.order.amount", "EUR");

        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            for (var order = 1; order <= 20; order++)
            {
                using var scope = logger.BeginScope("Order {Order}", order);
                Take(order);
            }

            life.StopApplication();
            return Task.CompletedTask;
        }

        private void Take(int order)
        {
            var amount = 4.5 * order;
            try
            {
                if (order == 13)
                {
                    throw new InvalidOperationException("The card reader does not answer.");
                }

                logger.LogInformation("{Amount} EUR taken", amount);
                _orders.Add(1, new KeyValuePair<string, object?>("outcome", "paid"));
                _amounts.Record(amount);
            }
            catch (InvalidOperationException e)
            {
                logger.LogError(e, "{Amount} EUR not taken", amount);
                _orders.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
            }
        }
    }
}
