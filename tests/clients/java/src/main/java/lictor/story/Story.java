package lictor.story;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.context.annotation.Bean;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;

/** A service that registers itself, finds itself, calls itself by name, and follows its configuration. Exits with 1 if not. */
@SpringBootApplication
public class Story {
  private static final String NAME = "spring-story";
  private static final String KEY = "/v1/kv/config/" + NAME + "/story.color";

  public static void main(String[] args) {
    // Spring heeds changes of its configuration only once it is ready, which is when this returns.
    var context = SpringApplication.run(Story.class, args);
    try {
      context.getBean(Teller.class).tell();
    } catch (Exception broken) {
      broken.printStackTrace();
      System.exit(1);
    }
    System.exit(SpringApplication.exit(context));
  }

  @RestController
  static class Greeter {
    @GetMapping("/hello")
    String hello() {
      return "hello from spring";
    }
  }

  @Component
  @RefreshScope
  static class Color {
    @Value("${story.color}")
    private String name;

    String name() {
      return name;
    }
  }

  @Bean
  @LoadBalanced
  RestTemplate byName() {
    return new RestTemplate();
  }

  record Teller(DiscoveryClient discovery, RestTemplate byName, Color color, String agent) {
    void tell() throws Exception {
      System.out.println("color at the start: " + color.name());
      until("passing", () -> !discovery.getInstances(NAME).isEmpty());
      ServiceInstance found = discovery.getInstances(NAME).get(0);
      System.out.println("found with zone " + found.getMetadata().get("zone"));
      System.out.println("among " + discovery.getServices().containsAll(List.of("consul", NAME)));
      System.out.println("called: " + byName.getForObject("http://" + NAME + "/hello", String.class));
      put(agent + KEY, "blue");
      until("blue", () -> color.name().equals("blue"));
      System.out.println("color after a change: " + color.name());
    }
  }

  @Bean
  Teller teller(DiscoveryClient discovery, RestTemplate byName, Color color,
      @Value("http://${spring.cloud.consul.host}:${spring.cloud.consul.port}") String agent) {
    return new Teller(discovery, byName, color, agent);
  }

  private static void put(String url, String value) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url)).PUT(BodyPublishers.ofString(value)).build();
    HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }

  private static void until(String what, BooleanSupplier look) throws InterruptedException {
    var end = Instant.now().plus(Duration.ofSeconds(30));
    while (!look.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        throw new IllegalStateException("not within 30 s: " + what);
      }
      Thread.sleep(50);
    }
  }
}
